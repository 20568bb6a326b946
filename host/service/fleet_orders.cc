// The calls of an operator: the other half of FleetService.

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "host/service/fleet_service.h"
#include "host/service/pending_call.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

grpc::ServerUnaryReactor* Ended(grpc::CallbackServerContext* context,
                                const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish({static_cast<grpc::StatusCode>(status.code()),
                   std::string(status.message())});
  return reactor;
}

// The end of a call that answers with an operation's id.
template <typename Response>
Operator::Begun EndWithId(PendingCall::End end, Response* response) {
  return [end = std::move(end),
          response](const absl::StatusOr<OperationId>& begun) {
    end(begun.status(),
        [&] { response->set_operation_id(OperationIdText(*begun)); });
  };
}

Operator::Done EndEmpty(PendingCall::End end) {
  return [end = std::move(end)](const absl::Status& status) {
    end(status, [] {});
  };
}

// What people give as a reason, or why it is none.
absl::Status CheckWhy(const std::string& why) {
  constexpr size_t kMost = 200;
  if (why.empty()) {
    return absl::InvalidArgumentError(
        "say why, for whoever reads it later: --why TEXT");
  }
  if (why.size() > kMost) {
    return absl::InvalidArgumentError(
        absl::StrCat("a reason has at most ", kMost, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FleetService::MayOrder(grpc::CallbackServerContext* context,
                                    absl::string_view method) const {
  if (absl::Status may = MayCall(context, method); !may.ok()) return may;
  if (orders_ != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError("this noonmarkd takes no orders");
}

template <typename Give>
grpc::ServerUnaryReactor* FleetService::HandOn(
    grpc::CallbackServerContext* context, absl::string_view method,
    const std::string& selector, Give give) {
  if (absl::Status may = MayOrder(context, method); !may.ok()) {
    return Ended(context, may);
  }
  const std::shared_ptr<const HostSnapshot> snapshot = board_.Latest();
  if (snapshot == nullptr) {
    return Ended(context, absl::UnavailableError(
                              "noonmarkd is starting: try again in a second"));
  }
  const absl::StatusOr<const GuestRow*> row = SelectGuest(*snapshot, selector);
  if (!row.ok()) return Ended(context, row.status());
  auto [reactor, end] = PendingCall::Make();
  give((*row)->domain.uuid, std::move(end));
  return reactor;
}

grpc::ServerUnaryReactor* FleetService::CorrectGuest(
    grpc::CallbackServerContext* context,
    const v1::CorrectGuestRequest* request,
    v1::CorrectGuestResponse* response) {
  return HandOn(context, "CorrectGuest", request->selector(),
                [&](const std::string& guest, PendingCall::End end) {
                  orders_->Correct(guest, EndWithId(std::move(end), response));
                });
}

grpc::ServerUnaryReactor* FleetService::QuiesceGuest(
    grpc::CallbackServerContext* context,
    const v1::QuiesceGuestRequest* request,
    v1::QuiesceGuestResponse* response) {
  if (absl::Status may = MayOrder(context, "QuiesceGuest"); !may.ok()) {
    return Ended(context, may);
  }
  const absl::Duration lease = absl::Seconds(request->lease().seconds()) +
                               absl::Nanoseconds(request->lease().nanos());
  if (request->has_lease() && lease <= absl::ZeroDuration()) {
    return Ended(context,
                 absl::InvalidArgumentError("a lease must be above zero"));
  }
  return HandOn(context, "QuiesceGuest", request->selector(),
                [&](const std::string& guest, PendingCall::End end) {
                  orders_->Quiesce(guest, lease,
                                   EndWithId(std::move(end), response));
                });
}

grpc::ServerUnaryReactor* FleetService::ResumeGuest(
    grpc::CallbackServerContext* context, const v1::ResumeGuestRequest* request,
    v1::ResumeGuestResponse* response) {
  return HandOn(context, "ResumeGuest", request->selector(),
                [&](const std::string& guest, PendingCall::End end) {
                  orders_->Resume(guest, EndWithId(std::move(end), response));
                });
}

grpc::ServerUnaryReactor* FleetService::HoldGuest(
    grpc::CallbackServerContext* context, const v1::HoldGuestRequest* request,
    v1::HoldGuestResponse* /*response*/) {
  if (absl::Status may = MayOrder(context, "HoldGuest"); !may.ok()) {
    return Ended(context, may);
  }
  if (absl::Status why = CheckWhy(request->why()); !why.ok()) {
    return Ended(context, why);
  }
  return HandOn(context, "HoldGuest", request->selector(),
                [&](const std::string& guest, PendingCall::End end) {
                  orders_->Hold(guest, request->why(),
                                EndEmpty(std::move(end)));
                });
}

grpc::ServerUnaryReactor* FleetService::ReleaseGuest(
    grpc::CallbackServerContext* context,
    const v1::ReleaseGuestRequest* request,
    v1::ReleaseGuestResponse* /*response*/) {
  return HandOn(context, "ReleaseGuest", request->selector(),
                [&](const std::string& guest, PendingCall::End end) {
                  orders_->Release(guest, EndEmpty(std::move(end)));
                });
}

grpc::ServerUnaryReactor* FleetService::HoldHost(
    grpc::CallbackServerContext* context, const v1::HoldHostRequest* request,
    v1::HoldHostResponse* /*response*/) {
  if (absl::Status may = MayOrder(context, "HoldHost"); !may.ok()) {
    return Ended(context, may);
  }
  if (absl::Status why = CheckWhy(request->why()); !why.ok()) {
    return Ended(context, why);
  }
  auto [reactor, end] = PendingCall::Make();
  orders_->HoldAll(request->why(), EndEmpty(std::move(end)));
  return reactor;
}

grpc::ServerUnaryReactor* FleetService::ReleaseHost(
    grpc::CallbackServerContext* context,
    const v1::ReleaseHostRequest* /*request*/,
    v1::ReleaseHostResponse* /*response*/) {
  if (absl::Status may = MayOrder(context, "ReleaseHost"); !may.ok()) {
    return Ended(context, may);
  }
  auto [reactor, end] = PendingCall::Make();
  orders_->ReleaseAll(EndEmpty(std::move(end)));
  return reactor;
}

}  // namespace noonmark
