#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/time/monotonic_time.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using testing::IsOk;
using testing::StatusIs;

struct NoProperties : grpc::AuthPropertyIterator {};

// Of a peer of whom nothing is known.
class NoContext final : public grpc::AuthContext {
 public:
  bool IsPeerAuthenticated() const override { return false; }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  std::vector<grpc::string_ref> FindPropertyValues(
      const std::string& /*name*/) const override {
    return {};
  }
  grpc::AuthPropertyIterator begin() const override { return NoProperties(); }
  grpc::AuthPropertyIterator end() const override { return NoProperties(); }
  void AddProperty(const std::string& /*key*/,
                   const grpc::string_ref& /*value*/) override {}
  bool SetPeerIdentityPropertyName(const std::string& /*name*/) override {
    return false;
  }
};

MonotonicTime At(absl::Duration since) {
  return MonotonicTime::FromReading(since);
}

TEST(StreamPeerTest, IsLookedAtOnceASecond) {
  int looks = 0;
  absl::Status answer;
  StreamPeer peer([&](const grpc::AuthContext& /*context*/) {
    ++looks;
    return answer;
  });
  peer.OnOpened(At(absl::Seconds(100)));
  EXPECT_THAT(peer.MayStay(NoContext(), At(absl::Seconds(100.9))), IsOk());
  EXPECT_EQ(looks, 0);
  EXPECT_THAT(peer.MayStay(NoContext(), At(absl::Seconds(101))), IsOk());
  EXPECT_THAT(peer.MayStay(NoContext(), At(absl::Seconds(101.5))), IsOk());
  EXPECT_EQ(looks, 1);
  answer = absl::UnauthenticatedError("revoked");
  EXPECT_THAT(peer.MayStay(NoContext(), At(absl::Seconds(102))),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(looks, 2);
}

TEST(StreamPeerTest, MayStayWhereNobodyLooks) {
  StreamPeer peer(nullptr);
  EXPECT_THAT(peer.MayStay(NoContext(), At(absl::Hours(9))), IsOk());
}

}  // namespace
}  // namespace noonmark
