#ifndef NOONMARK_HOST_PROBE_PROBE_MESSAGE_H_
#define NOONMARK_HOST_PROBE_PROBE_MESSAGE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "common/correct/order.h"
#include "common/detect/guest_facts.h"
#include "common/estimate/exchange.h"

namespace noonmark {

// What noonmarkd and its worker say to each other, as probe.proto has it: the
// calls of a GuestLink and those of its observer, with the number of the link.

using LinkId = uint64_t;  // never 0

struct DialOrder {
  LinkId link = 0;
  std::string address;
  std::string uuid;
};
struct AskOrder {
  LinkId link = 0;
};
struct DescribeOrder {
  LinkId link = 0;
};
struct GuestOrder {
  LinkId link = 0;
  Order order;
};
struct CloseOrder {
  LinkId link = 0;
};
struct PingOrder {
  uint64_t number = 0;
};
using ProbeOrder = std::variant<DialOrder, AskOrder, DescribeOrder, GuestOrder,
                                CloseOrder, PingOrder>;

struct OpenNews {
  LinkId link = 0;
};
struct ExchangeNews {
  LinkId link = 0;
  Exchange exchange;  // without its stream
};
struct EventNews {
  LinkId link = 0;
  uint64_t discontinuities = 0;
};
struct DescriptionNews {
  LinkId link = 0;
  GuestFacts facts;
};
struct StatusNews {
  LinkId link = 0;
  OperationStatus status;
};
struct OrderFailedNews {
  LinkId link = 0;
  absl::Status why;
};
struct ClosedNews {
  LinkId link = 0;
  absl::Status why;
};
struct PongNews {
  uint64_t number = 0;
};
using ProbeNews =
    std::variant<OpenNews, ExchangeNews, EventNews, DescriptionNews, StatusNews,
                 OrderFailedNews, ClosedNews, PongNews>;

// The link that a message is about; 0: it is about none.
template <typename Message>
LinkId LinkOf(const Message& message) {
  return std::visit(
      [](const auto& kind) -> LinkId {
        if constexpr (requires { kind.link; }) {
          return kind.link;
        } else {
          return 0;
        }
      },
      message);
}

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_PROBE_MESSAGE_H_
