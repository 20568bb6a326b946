#include "guest/agent_trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/certificate_maker.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::MakeCertificate;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

constexpr char kOwn[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";
constexpr char kOther[] = "0f0e0d0c-0000-4000-8000-000000000001";

class AgentTrustTest : public ::testing::Test {
 protected:
  AgentTrustTest() {
    const std::string authority =
        MakeCertificate({.constraints = "critical,CA:TRUE",
                         .usage = "critical,keyCertSign",
                         .extended_usage = ""});
    pki_.Write("ca.crt", authority.substr(authority.find("-----BEGIN C")));
    pki_.Write("deny.list", "");
    const std::string own = pki_.Write(
        "server.pem",
        MakeCertificate({.uris = {absl::StrCat("spiffe://f/guest/", kOwn)},
                         .extended_usage = "serverAuth",
                         .signer = authority}));
    chmod(own.c_str(), 0600);
    config_.listen = *Address::Parse("127.0.0.1:0");
    config_.pki = pki_.path();
  }
  TemporaryDirectory pki_;
  AgentConfig config_;
};

TEST_F(AgentTrustTest, IsWhoItsCertificateSays) {
  for (const std::vector<std::string>& machine :
       {std::vector<std::string>{kOwn}, {kOther, kOwn}}) {
    const absl::StatusOr<AgentTrust> trust = LoadAgentTrust(config_, machine);
    ASSERT_THAT(trust, IsOk());
    EXPECT_NE(trust->credentials, nullptr);
    EXPECT_NE(trust->still_trusted, nullptr);
  }
}

TEST_F(AgentTrustTest, ListensNotWithAnotherMachinesCertificate) {
  const absl::Status status = LoadAgentTrust(config_, {kOther}).status();
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kFailedPrecondition, "a copy of its"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               absl::StrCat("pki issue guest ", kOther)));
}

TEST_F(AgentTrustTest, LeavesItToDom0WhereTheMachineDoesNotSay) {
  EXPECT_THAT(LoadAgentTrust(config_, {}), IsOk());
}

TEST_F(AgentTrustTest, NeedsNothingForAUnixSocket) {
  config_.listen = *Address::Parse("unix:/run/a.sock");
  config_.pki = "/nowhere";
  const absl::StatusOr<AgentTrust> trust = LoadAgentTrust(config_, {});
  ASSERT_THAT(trust, IsOk());
  EXPECT_EQ(trust->credentials, nullptr);
}

}  // namespace
}  // namespace noonmark
