#ifndef NOONMARK_HOST_CLI_FAN_OUT_H_
#define NOONMARK_HOST_CLI_FAN_OUT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "host/cli/dom0.h"
#include "noonmark/v1/fleet.pb.h"

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

namespace noonmark::cli {

// Asks every dom0 at once and waits until all have answered or `timeout` is
// over, whichever comes first. The time is measured here, on the monotonic
// clock: gRPC's own deadline stalls when the wall clock is set back, and a
// program that looks into clocks must not hang on one.
//
// One answer for each dom0, in their order.
//
// Errors, worded for a person:
//   kDeadlineExceeded  "no answer in 2 s (deadline)"
//   kUnavailable       nobody listens, the connection broke, or the daemon
//                      itself says that it is not ready.
//   kPermissionDenied  no right to use the socket.
//   others             as FleetService says, with the daemon's own words.
std::vector<absl::StatusOr<v1::GetReportResponse>> AskForReports(
    const Targets& targets, absl::Duration timeout);
std::vector<absl::StatusOr<v1::GetGuestResponse>> AskForGuest(
    const Targets& targets, const std::string& selector,
    absl::Duration timeout);
std::vector<absl::StatusOr<v1::PlanGuestResponse>> AskForPlan(
    const Targets& targets, const std::string& selector,
    absl::Duration timeout);
std::vector<absl::StatusOr<v1::GetHealthResponse>> AskForHealth(
    const Targets& targets, absl::Duration timeout);

// Orders to one dom0, over its operator's socket. `advice`: what to do when
// nobody listens there. The first three give the operation's id; of the others
// an empty `guest` means the host itself.
//
// Errors: as above; kFailedPrecondition has a line for each rail that refuses.
absl::StatusOr<std::string> OrderCorrection(const Dom0& dom0,
                                            const std::string& guest,
                                            const std::string& advice,
                                            absl::Duration timeout);
absl::StatusOr<std::string> OrderRest(const Dom0& dom0,
                                      const std::string& guest,
                                      std::optional<absl::Duration> lease,
                                      const std::string& advice,
                                      absl::Duration timeout);
absl::StatusOr<std::string> OrderResume(const Dom0& dom0,
                                        const std::string& guest,
                                        const std::string& advice,
                                        absl::Duration timeout);
absl::Status OrderHold(const Dom0& dom0, const std::string& guest,
                       const std::string& why, const std::string& advice,
                       absl::Duration timeout);
absl::Status OrderRelease(const Dom0& dom0, const std::string& guest,
                          const std::string& advice, absl::Duration timeout);

// Tells `on_news` of an operation, now and at each change, until that returns
// false, as it should when the operation is over. Takes as long as that; an end
// before is an error.
absl::Status FollowOperation(
    const Dom0& dom0, const std::string& guest, const std::string& id,
    const std::string& advice,
    const std::function<bool(const v1::Operation&)>& on_news);

// Keeps gRPC's own log off stderr, where it would stand beside the one line
// that tells what happened. GRPC_VERBOSITY in the environment brings it back.
void QuietGrpc();

// What watch.cc shares.
std::shared_ptr<grpc::Channel> OpenChannel(const Dom0& dom0);
absl::Status NoAnswer(absl::Duration timeout);
absl::Status ExplainFailure(const grpc::Status& status, const Dom0& dom0,
                            const std::string& advice);

// The report of a fleet from what its dom0s answered.
v1::FleetReport MakeFleetReport(
    const Targets& targets,
    std::vector<absl::StatusOr<v1::GetReportResponse>> answers);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_FAN_OUT_H_
