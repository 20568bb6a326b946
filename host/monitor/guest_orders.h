#ifndef NOONMARK_HOST_MONITOR_GUEST_ORDERS_H_
#define NOONMARK_HOST_MONITOR_GUEST_ORDERS_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/correct/order.h"
#include "host/guests/guest_link.h"

namespace noonmark {

// The orders of one guest's session, one outstanding at a time as a link wants
// it, and what the guest told last.
class GuestOrders {
 public:
  // The link is open, and over.
  void OnOpen(GuestLink& link);
  void OnClosed();

  // Gives an order, or waits until the last is answered; one that waits already
  // is replaced: whoever gives orders repeats what was not answered. False: no
  // link is open.
  bool Give(const Order& order);
  // The status alone, for people, unless an order is outstanding.
  void AskStatus();

  // True: the answer to an order that was given, not to AskStatus().
  bool OnStatus(OperationStatus status);
  void OnFailed(const absl::Status& why);

  // Null: it takes no orders, or has not answered yet; `problem` says why.
  const std::shared_ptr<const OperationStatus>& told() const { return told_; }
  const std::string& problem() const { return problem_; }
  // Another guest, or agent, is there: nothing is known of it.
  void Forget();

 private:
  void Send(const Order& order, bool given);
  void SendWaiting();

  GuestLink* link_ = nullptr;  // open
  bool outstanding_ = false;
  bool given_ = false;  // the outstanding one was
  std::optional<Order> waiting_;
  std::shared_ptr<const OperationStatus> told_;
  std::string problem_ = "it was not asked yet";
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_GUEST_ORDERS_H_
