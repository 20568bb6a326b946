#include "host/monitor/guest_orders.h"

#include <utility>

namespace noonmark {

void GuestOrders::OnOpen(GuestLink& link) {
  link_ = &link;
  AskStatus();
}

void GuestOrders::OnClosed() {
  link_ = nullptr;
  outstanding_ = given_ = false;
  waiting_.reset();
}

bool GuestOrders::Give(const Order& order) {
  if (link_ == nullptr) return false;
  if (outstanding_) {
    waiting_ = order;
  } else {
    Send(order, /*given=*/true);
  }
  return true;
}

void GuestOrders::AskStatus() {
  if (link_ != nullptr && !outstanding_) Send(StatusOrder{}, /*given=*/false);
}

bool GuestOrders::OnStatus(OperationStatus status) {
  told_ = std::make_shared<const OperationStatus>(std::move(status));
  problem_.clear();
  outstanding_ = false;
  const bool given = given_;
  SendWaiting();
  return given;
}

void GuestOrders::OnFailed(const absl::Status& why) {
  problem_ = std::string(why.message());
  // Nobody there takes any: what was told is of another time.
  if (absl::IsFailedPrecondition(why) || absl::IsPermissionDenied(why)) {
    told_.reset();
  }
  outstanding_ = false;
  SendWaiting();
}

void GuestOrders::Forget() {
  told_.reset();
  problem_ = "it was not asked yet";
}

void GuestOrders::Send(const Order& order, bool given) {
  outstanding_ = true;
  given_ = given;
  link_->GiveOrder(order);
}

void GuestOrders::SendWaiting() {
  if (!waiting_.has_value() || link_ == nullptr) return;
  Send(*std::exchange(waiting_, std::nullopt), /*given=*/true);
}

}  // namespace noonmark
