#include "host/service/fleet_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

// Runs `fill` on the newest snapshot, or fails while there is none.
template <typename Fill>
grpc::ServerUnaryReactor* Answer(const SnapshotBoard& board,
                                 grpc::CallbackServerContext* context,
                                 Fill fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::shared_ptr<const HostSnapshot> snapshot = board.Latest();
  if (snapshot == nullptr) {
    reactor->Finish({grpc::StatusCode::UNAVAILABLE,
                     "noonmarkd is starting: no word from libvirt yet; try "
                     "again in a second"});
    return reactor;
  }
  const absl::Status status = fill(*snapshot);
  reactor->Finish({static_cast<grpc::StatusCode>(status.code()),
                   std::string(status.message())});
  return reactor;
}

}  // namespace

FleetService::FleetService(SnapshotBoard& board, Clock& clock,
                           std::string version)
    : board_(board),
      clock_(clock),
      version_(std::move(version)),
      started_(clock.Read()),
      watchers_(board, clock) {}

grpc::ServerUnaryReactor* FleetService::ListGuests(
    grpc::CallbackServerContext* context,
    const v1::ListGuestsRequest* /*request*/,
    v1::ListGuestsResponse* response) {
  return Answer(board_, context, [&](const HostSnapshot& snapshot) {
    const ClockReading now = clock_.Read();
    for (const auto& row : snapshot.guests) {
      FillGuest(*row, now, Detail::kList, *response->add_guests());
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FleetService::GetGuest(
    grpc::CallbackServerContext* context, const v1::GetGuestRequest* request,
    v1::GetGuestResponse* response) {
  return Answer(board_, context, [&](const HostSnapshot& snapshot) {
    const absl::StatusOr<const GuestRow*> row =
        SelectGuest(snapshot, request->selector());
    if (!row.ok()) return row.status();
    const ClockReading now = clock_.Read();
    FillGuest(**row, now, Detail::kFull, *response->mutable_guest());
    FillHost(snapshot, now, *response->mutable_host());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FleetService::GetReport(
    grpc::CallbackServerContext* context,
    const v1::GetReportRequest* /*request*/, v1::GetReportResponse* response) {
  return Answer(board_, context, [&](const HostSnapshot& snapshot) {
    FillReport(snapshot, clock_.Read(), *response->mutable_report());
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::WatchReportResponse>* FleetService::WatchReport(
    grpc::CallbackServerContext* /*context*/,
    const v1::WatchReportRequest* /*request*/) {
  return watchers_.Add();
}

grpc::ServerUnaryReactor* FleetService::GetHealth(
    grpc::CallbackServerContext* context,
    const v1::GetHealthRequest* /*request*/, v1::GetHealthResponse* response) {
  return Answer(board_, context, [&](const HostSnapshot& snapshot) {
    const ClockReading now = clock_.Read();
    response->set_version(version_);
    FillMoment(MonotonicTime::FromReading(started_.monotonic), now,
               *response->mutable_started());
    FillHost(snapshot, now, *response->mutable_host());
    if (!snapshot.libvirt_error.empty()) {
      response->add_problems(
          absl::StrCat("libvirt at ", snapshot.libvirt_uri,
                       " is out of reach: ", snapshot.libvirt_error));
    }
    return absl::OkStatus();
  });
}

}  // namespace noonmark
