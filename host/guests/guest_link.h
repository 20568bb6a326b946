#ifndef NOONMARK_HOST_GUESTS_GUEST_LINK_H_
#define NOONMARK_HOST_GUESTS_GUEST_LINK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/correct/order.h"
#include "common/detect/guest_facts.h"
#include "common/estimate/exchange.h"

namespace noonmark {

// One connection to one agent: opened once, used until it fails, then thrown
// away. Who opens the next one, and when, is the owner's affair.
//
// All calls, and all calls of the observer, are made on one thread. The
// observer is never called from within a call to the link, nor after Close()
// or the link's destruction.
class GuestLink {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // The stream is open: Ask() may be called.
    virtual void OnOpen() = 0;
    // The answer to the last Ask(). `stream` is left to the owner. T4 was read
    // first thing when the message arrived.
    virtual void OnExchange(Exchange exchange) = 0;
    // The agent noticed that its clock was set.
    virtual void OnEvent(uint64_t discontinuities) = 0;
    // The answer to Describe().
    virtual void OnDescription(GuestFacts facts) = 0;
    // The answer to GiveOrder(). That the guest refused is an answer. One of
    // these two comes for each order, unless the link is over before. Who gives
    // no orders hears none of it.
    virtual void OnStatus(OperationStatus /*status*/) {}
    // No answer. The link goes on.
    //   kFailedPrecondition  nobody in the guest may correct its clock, or the
    //                        agent is too old to take orders: nothing was done.
    //   kPermissionDenied    the agent takes no orders by this way: nothing was
    //                        done.
    //   kInvalidArgument     the agent takes it for no order: nothing was done.
    //   kResourceExhausted   too many orders of others: nothing was done.
    //   kDeadlineExceeded    no answer within the limit.
    //   others               as the agent said.
    // After the last two it is not known whether the order was heard: ask for
    // the status, or repeat it.
    virtual void OnOrderFailed(const absl::Status& /*why*/) {}
    // It is over; nothing more will come.
    //   kUnavailable        nobody listens, or the connection broke.
    //   kAborted            it gave no answer while whoever asks it was
    //                       overtaxed, and may be the cause of that.
    //   kInvalidArgument    the agent sent something that is no valid answer;
    //                       the message names the field and why.
    //   others              as the agent said.
    virtual void OnClosed(const absl::Status& status) = 0;
  };

  virtual ~GuestLink() = default;

  // Sends a request; T1 is read last thing before. Only after OnOpen(), and one
  // outstanding at a time: asking again before the answer is a fault of the
  // caller.
  virtual void Ask() = 0;
  // Asks for the description; one outstanding at a time. A failure to answer
  // it is no failure of the link: OnDescription() just does not come.
  virtual void Describe() = 0;
  // Gives an order. Only after OnOpen(), and one outstanding at a time: another
  // before the answer is a fault of the caller. The answer comes within a few
  // seconds, measured by a clock that nobody can set.
  virtual void GiveOrder(const Order& order) = 0;
  // Ends everything at once. Idempotent.
  virtual void Close() = 0;
};

// The seam to the transport.
class GuestDialer {
 public:
  virtual ~GuestDialer() = default;
  // Begins to connect to `address` ("unix:PATH" or "HOST:PORT") and never
  // blocks. On a network whoever answers must prove to be the guest of this
  // `uuid`, which is libvirt's. Never null: what is wrong with the address
  // comes by OnClosed().
  virtual std::unique_ptr<GuestLink> Dial(const std::string& address,
                                          const std::string& uuid,
                                          GuestLink::Observer* observer) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_GUEST_LINK_H_
