#ifndef NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_
#define NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/caller.h"
#include "common/time/clock.h"
#include "common/trust/access.h"
#include "host/monitor/snapshot_board.h"
#include "host/service/operation_watchers.h"
#include "host/service/operator.h"
#include "host/service/report_watchers.h"
#include "noonmark/v1/fleet.grpc.pb.h"

namespace noonmark {

// Answers from the newest snapshot: no call waits for a guest, nor for the
// monitor. An operator's orders are handed on, and answered when they have
// begun.
class FleetService final : public v1::FleetService::CallbackService {
 public:
  // All must outlive the service and its server; `clock` is used from many
  // threads. `orders` null: nobody takes any. `local`: as whom calls without a
  // certificate come, `callers`: those with one; who may call what is the
  // table's (common/trust/access.h).
  FleetService(SnapshotBoard& board, Clock& clock, std::string version,
               Operator* orders, Caller local,
               CallerByIdentity callers = CallerByRole);

  // Ends all watchers, so that the server can shut down.
  void Stop() {
    watchers_.Stop();
    operations_.Stop();
  }

 private:
  grpc::ServerUnaryReactor* ListGuests(
      grpc::CallbackServerContext* context,
      const v1::ListGuestsRequest* request,
      v1::ListGuestsResponse* response) override;
  grpc::ServerUnaryReactor* GetGuest(grpc::CallbackServerContext* context,
                                     const v1::GetGuestRequest* request,
                                     v1::GetGuestResponse* response) override;
  grpc::ServerUnaryReactor* PlanGuest(grpc::CallbackServerContext* context,
                                      const v1::PlanGuestRequest* request,
                                      v1::PlanGuestResponse* response) override;
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* context,
                                      const v1::GetReportRequest* request,
                                      v1::GetReportResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchReportResponse>* WatchReport(
      grpc::CallbackServerContext* context,
      const v1::WatchReportRequest* request) override;
  grpc::ServerUnaryReactor* GetHealth(grpc::CallbackServerContext* context,
                                      const v1::GetHealthRequest* request,
                                      v1::GetHealthResponse* response) override;

  grpc::ServerWriteReactor<v1::WatchOperationResponse>* WatchOperation(
      grpc::CallbackServerContext* context,
      const v1::WatchOperationRequest* request) override;
  grpc::ServerUnaryReactor* CorrectGuest(
      grpc::CallbackServerContext* context,
      const v1::CorrectGuestRequest* request,
      v1::CorrectGuestResponse* response) override;
  grpc::ServerUnaryReactor* QuiesceGuest(
      grpc::CallbackServerContext* context,
      const v1::QuiesceGuestRequest* request,
      v1::QuiesceGuestResponse* response) override;
  grpc::ServerUnaryReactor* ResumeGuest(
      grpc::CallbackServerContext* context,
      const v1::ResumeGuestRequest* request,
      v1::ResumeGuestResponse* response) override;
  grpc::ServerUnaryReactor* HoldGuest(grpc::CallbackServerContext* context,
                                      const v1::HoldGuestRequest* request,
                                      v1::HoldGuestResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseGuest(
      grpc::CallbackServerContext* context,
      const v1::ReleaseGuestRequest* request,
      v1::ReleaseGuestResponse* response) override;
  grpc::ServerUnaryReactor* HoldHost(grpc::CallbackServerContext* context,
                                     const v1::HoldHostRequest* request,
                                     v1::HoldHostResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseHost(
      grpc::CallbackServerContext* context,
      const v1::ReleaseHostRequest* request,
      v1::ReleaseHostResponse* response) override;

  // Hands an order about the guest of `selector` on, by `give(uuid)`; a call
  // that may not, or names none, is ended at once.
  template <typename Give>
  grpc::ServerUnaryReactor* HandOn(grpc::CallbackServerContext* context,
                                   absl::string_view method,
                                   const std::string& selector, Give give);
  // Runs `fill` on the newest snapshot, or fails while there is none, and where
  // the caller may not.
  template <typename Fill>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   absl::string_view method, Fill fill);
  // Whether a caller may call the method of this name, which every handler asks
  // first thing.
  absl::Status MayCall(grpc::CallbackServerContext* context,
                       absl::string_view method) const;
  absl::Status MayOrder(grpc::CallbackServerContext* context,
                        absl::string_view method) const;

  SnapshotBoard& board_;
  Clock& clock_;
  Operator* const orders_;
  const Caller local_;
  const CallerByIdentity callers_;
  const std::string version_;
  const ClockReading started_;
  ReportWatchers watchers_;
  OperationWatchers operations_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_
