#include "common/rpc/caller.h"

#include <grpc/grpc_security_constants.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {
namespace {

// gRPC's, called for each call before its handler; it never waits.
class TableProcessor final : public grpc::AuthMetadataProcessor {
 public:
  TableProcessor(Caller local, CallerByIdentity callers, PeerRecheck recheck)
      : local_(local),
        callers_(std::move(callers)),
        recheck_(std::move(recheck)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata,
                       grpc::AuthContext* context, OutputMetadata* /*consumed*/,
                       OutputMetadata* /*response*/) override {
    const auto path = metadata.find(":path");
    if (context == nullptr || path == metadata.end()) {
      return {grpc::StatusCode::PERMISSION_DENIED, "a call without a method"};
    }
    if (recheck_ != nullptr) {
      const absl::Status still = recheck_(*context);
      if (!still.ok()) {
        return {grpc::StatusCode::UNAUTHENTICATED,
                std::string(still.message())};
      }
    }
    return MayHandle(CallerOf(*context, local_, callers_),
                     {path->second.data(), path->second.size()});
  }

 private:
  const Caller local_;
  const CallerByIdentity callers_;
  const PeerRecheck recheck_;
};

constexpr absl::Duration kBetweenLooks = absl::Seconds(1);

}  // namespace

Caller CallerByRole(const Identity& identity) {
  return CallerOf(identity.role);
}

Caller CallerOf(const grpc::AuthContext& context, Caller local,
                const CallerByIdentity& by_identity) {
  if (!context.IsPeerAuthenticated()) return local;
  const std::vector<grpc::string_ref> kinds =
      context.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  // Local credentials call whoever comes authenticated, too.
  if (kinds.size() == 1 && kinds[0] == "local") return local;
  const std::vector<grpc::string_ref> ids =
      context.FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  if (ids.size() != 1) return Caller::kNobody;
  const absl::StatusOr<Identity> identity =
      ParseIdentity(absl::string_view(ids[0].data(), ids[0].size()));
  return identity.ok() ? by_identity(*identity) : Caller::kNobody;
}

StreamPeer::StreamPeer(PeerRecheck recheck) : recheck_(std::move(recheck)) {}

absl::Status StreamPeer::MayStay(const grpc::AuthContext& context,
                                 MonotonicTime now) {
  if (recheck_ == nullptr || now - looked_ < kBetweenLooks) {
    return absl::OkStatus();
  }
  looked_ = now;
  return recheck_(context);
}

std::shared_ptr<grpc::AuthMetadataProcessor> AskTable(
    Caller local, CallerByIdentity by_identity, PeerRecheck recheck) {
  return std::make_shared<TableProcessor>(local, std::move(by_identity),
                                          std::move(recheck));
}

grpc::Status MayHandle(Caller caller, absl::string_view method) {
  const absl::Status status = CheckAccess(caller, method);
  if (status.ok()) return grpc::Status::OK;
  return {grpc::StatusCode::PERMISSION_DENIED, std::string(status.message())};
}

}  // namespace noonmark
