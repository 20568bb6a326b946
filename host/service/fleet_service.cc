#include "host/service/fleet_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/caller.h"
#include "host/service/plan_wire.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

// A stream that is refused.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& why) {
    this->Finish({static_cast<grpc::StatusCode>(why.code()),
                  std::string(why.message())});
  }
  void OnDone() override { delete this; }
};

}  // namespace

absl::Status FleetService::MayCall(grpc::CallbackServerContext* context,
                                   absl::string_view method) const {
  const Caller caller = CallerOf(*context->auth_context(), local_, callers_);
  return CheckAccess(caller,
                     absl::StrCat("/noonmark.v1.FleetService/", method));
}

template <typename Fill>
grpc::ServerUnaryReactor* FleetService::Answer(
    grpc::CallbackServerContext* context, absl::string_view method, Fill fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = MayCall(context, method);
  if (status.ok()) {
    const std::shared_ptr<const HostSnapshot> snapshot = board_.Latest();
    status = snapshot == nullptr
                 ? absl::UnavailableError(
                       "noonmarkd is starting: no word from libvirt yet; try "
                       "again in a second")
                 : fill(*snapshot);
  }
  reactor->Finish({static_cast<grpc::StatusCode>(status.code()),
                   std::string(status.message())});
  return reactor;
}

FleetService::FleetService(SnapshotBoard& board, Clock& clock,
                           std::string version, Operator* orders, Caller local,
                           CallerByIdentity callers)
    : board_(board),
      clock_(clock),
      orders_(orders),
      local_(local),
      callers_(std::move(callers)),
      version_(std::move(version)),
      started_(clock.Read()),
      watchers_(board, clock),
      operations_(board, clock) {}

grpc::ServerUnaryReactor* FleetService::ListGuests(
    grpc::CallbackServerContext* context,
    const v1::ListGuestsRequest* /*request*/,
    v1::ListGuestsResponse* response) {
  return Answer(context, "ListGuests", [&](const HostSnapshot& snapshot) {
    const ClockReading now = clock_.Read();
    for (const auto& row : snapshot.guests) {
      v1::Guest& guest = *response->add_guests();
      FillGuest(*row, now, Detail::kList, guest);
      FillCorrection(snapshot.correction.get(), *row, now, guest);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FleetService::GetGuest(
    grpc::CallbackServerContext* context, const v1::GetGuestRequest* request,
    v1::GetGuestResponse* response) {
  return Answer(context, "GetGuest", [&](const HostSnapshot& snapshot) {
    const absl::StatusOr<const GuestRow*> row =
        SelectGuest(snapshot, request->selector());
    if (!row.ok()) return row.status();
    const ClockReading now = clock_.Read();
    FillGuest(**row, now, Detail::kFull, *response->mutable_guest());
    FillCorrection(snapshot.correction.get(), **row, now,
                   *response->mutable_guest());
    FillHost(snapshot, now, *response->mutable_host());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FleetService::PlanGuest(
    grpc::CallbackServerContext* context, const v1::PlanGuestRequest* request,
    v1::PlanGuestResponse* response) {
  return Answer(context, "PlanGuest", [&](const HostSnapshot& snapshot) {
    const absl::StatusOr<const GuestRow*> row =
        SelectGuest(snapshot, request->selector());
    if (!row.ok()) return row.status();
    const ClockReading now = clock_.Read();
    FillGuest(**row, now, Detail::kList, *response->mutable_guest());
    FillCorrection(snapshot.correction.get(), **row, now,
                   *response->mutable_guest());
    FillHost(snapshot, now, *response->mutable_host());
    FillPlan(PlanFor(**row, snapshot, now), (*row)->domain.name,
             *response->mutable_plan());
    if (snapshot.correction != nullptr) {
      FillRefusals(snapshot.correction->rails.RefusalsOf((*row)->domain.uuid),
                   (*row)->domain.name, now, *response->mutable_plan());
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* FleetService::GetReport(
    grpc::CallbackServerContext* context,
    const v1::GetReportRequest* /*request*/, v1::GetReportResponse* response) {
  return Answer(context, "GetReport", [&](const HostSnapshot& snapshot) {
    FillReport(snapshot, clock_.Read(), *response->mutable_report());
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::WatchReportResponse>* FleetService::WatchReport(
    grpc::CallbackServerContext* context,
    const v1::WatchReportRequest* /*request*/) {
  if (absl::Status may = MayCall(context, "WatchReport"); !may.ok()) {
    return new RefusedStream<v1::WatchReportResponse>(may);
  }
  return watchers_.Add();
}

grpc::ServerWriteReactor<v1::WatchOperationResponse>*
FleetService::WatchOperation(grpc::CallbackServerContext* context,
                             const v1::WatchOperationRequest* request) {
  if (absl::Status may = MayCall(context, "WatchOperation"); !may.ok()) {
    return new RefusedStream<v1::WatchOperationResponse>(may);
  }
  return operations_.Add(*request);
}

grpc::ServerUnaryReactor* FleetService::GetHealth(
    grpc::CallbackServerContext* context,
    const v1::GetHealthRequest* /*request*/, v1::GetHealthResponse* response) {
  return Answer(context, "GetHealth", [&](const HostSnapshot& snapshot) {
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
