#ifndef NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_
#define NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "common/time/clock.h"
#include "host/monitor/snapshot_board.h"
#include "host/service/report_watchers.h"
#include "noonmark/v1/fleet.grpc.pb.h"

namespace noonmark {

// Answers from the newest snapshot: no call waits for a guest, nor for the
// monitor.
class FleetService final : public v1::FleetService::CallbackService {
 public:
  // Both must outlive the service and its server; `clock` is used from many
  // threads.
  FleetService(SnapshotBoard& board, Clock& clock, std::string version);

  // Ends all watchers, so that the server can shut down.
  void Stop() { watchers_.Stop(); }

 private:
  grpc::ServerUnaryReactor* ListGuests(
      grpc::CallbackServerContext* context,
      const v1::ListGuestsRequest* request,
      v1::ListGuestsResponse* response) override;
  grpc::ServerUnaryReactor* GetGuest(grpc::CallbackServerContext* context,
                                     const v1::GetGuestRequest* request,
                                     v1::GetGuestResponse* response) override;
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* context,
                                      const v1::GetReportRequest* request,
                                      v1::GetReportResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchReportResponse>* WatchReport(
      grpc::CallbackServerContext* context,
      const v1::WatchReportRequest* request) override;
  grpc::ServerUnaryReactor* GetHealth(grpc::CallbackServerContext* context,
                                      const v1::GetHealthRequest* request,
                                      v1::GetHealthResponse* response) override;

  SnapshotBoard& board_;
  Clock& clock_;
  const std::string version_;
  const ClockReading started_;
  ReportWatchers watchers_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_FLEET_SERVICE_H_
