#include "host/probe/probe_wire.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/clock_wire.h"
#include "common/rpc/order_wire.h"
#include "common/rpc/printable_text.h"
#include "noonmark/v1/probe.pb.h"

namespace noonmark {
namespace {

constexpr size_t kMostWhyBytes = 1'000;

void Fill(const DialOrder& order, v1::ProbeOrder& wire) {
  wire.mutable_dial()->set_address(order.address);
  wire.mutable_dial()->set_uuid(order.uuid);
}
void Fill(const AskOrder& /*order*/, v1::ProbeOrder& wire) {
  wire.mutable_ask();
}
void Fill(const DescribeOrder& /*order*/, v1::ProbeOrder& wire) {
  wire.mutable_describe();
}
void Fill(const GuestOrder& order, v1::ProbeOrder& wire) {
  struct Visitor {
    void operator()(const QuiesceOrder& one) const {
      EncodeOrder(one, wire.mutable_quiesce());
    }
    void operator()(const CorrectOrder& one) const {
      EncodeOrder(one, wire.mutable_correct());
    }
    void operator()(const ResumeOrder& one) const {
      EncodeOrder(one, wire.mutable_resume());
    }
    void operator()(const StatusOrder& one) const {
      EncodeOrder(one, wire.mutable_status());
    }
    v1::ProbeOrder& wire;
  };
  std::visit(Visitor{wire}, order.order);
}
void Fill(const CloseOrder& /*order*/, v1::ProbeOrder& wire) {
  wire.mutable_close();
}
void Fill(const PingOrder& order, v1::ProbeOrder& wire) {
  wire.mutable_ping()->set_number(order.number);
}

void Fill(const absl::Status& why, v1::ProbeFailure& wire) {
  wire.set_code(static_cast<int>(why.code()));
  std::string message(why.message().substr(0, kMostWhyBytes));
  // The cut may be within a character.
  if (!CountPrintable(message).has_value()) {
    message = absl::CHexEscape(message).substr(0, kMostWhyBytes);
  }
  wire.set_message(std::move(message));
}

void Fill(const OpenNews& /*news*/, v1::ProbeNews& wire) {
  wire.mutable_open();
}
void Fill(const ExchangeNews& news, v1::ProbeNews& wire) {
  v1::ProbeExchange& exchange = *wire.mutable_exchange();
  EncodeClockReading(news.exchange.host_sent, exchange.mutable_host_sent());
  EncodeGuestReading(news.exchange.guest, exchange.mutable_reading());
  EncodeClockReading(news.exchange.host_received,
                     exchange.mutable_host_received());
}
void Fill(const EventNews& news, v1::ProbeNews& wire) {
  wire.mutable_event()->set_discontinuities(news.discontinuities);
}
void Fill(const DescriptionNews& news, v1::ProbeNews& wire) {
  EncodeGuestFacts(news.facts, wire.mutable_description());
}
void Fill(const StatusNews& news, v1::ProbeNews& wire) {
  EncodeOperationStatus(news.status, wire.mutable_status());
}
void Fill(const OrderFailedNews& news, v1::ProbeNews& wire) {
  Fill(news.why, *wire.mutable_order_failed());
}
void Fill(const ClosedNews& news, v1::ProbeNews& wire) {
  Fill(news.why, *wire.mutable_closed());
}
void Fill(const PongNews& news, v1::ProbeNews& wire) {
  wire.mutable_pong()->set_number(news.number);
}

template <typename Wire, typename Message>
std::string Encode(const Message& message) {
  Wire wire;
  wire.set_link(LinkOf(message));
  std::visit([&wire](const auto& kind) { Fill(kind, wire); }, message);
  return wire.SerializeAsString();
}

absl::Status None(std::string_view kind) {
  return absl::InvalidArgumentError(
      absl::StrCat("a packet that is no ", std::string(kind)));
}

template <typename Wire>
absl::StatusOr<Wire> Parse(std::string_view packet, std::string_view kind) {
  Wire wire;
  if (!wire.ParseFromArray(packet.data(), static_cast<int>(packet.size()))) {
    return None(kind);
  }
  return wire;
}

absl::StatusOr<ProbeOrder> Given(LinkId link, absl::StatusOr<Order> order) {
  if (!order.ok()) return order.status();
  return GuestOrder{link, *std::move(order)};
}

// `News` of a failure, for a link.
template <typename News>
absl::StatusOr<ProbeNews> DecodeFailure(LinkId link,
                                        const v1::ProbeFailure& wire) {
  if (wire.code() <= 0 ||
      wire.code() > static_cast<int>(absl::StatusCode::kUnauthenticated) ||
      wire.message().size() > kMostWhyBytes ||
      !CountPrintable(wire.message()).has_value()) {
    return None("news: a failure that is none");
  }
  return News{link, absl::Status(static_cast<absl::StatusCode>(wire.code()),
                                 wire.message())};
}

}  // namespace

std::string EncodeProbeOrder(const ProbeOrder& order) {
  return Encode<v1::ProbeOrder>(order);
}

std::string EncodeProbeNews(const ProbeNews& news) {
  return Encode<v1::ProbeNews>(news);
}

absl::StatusOr<ProbeOrder> DecodeProbeOrder(std::string_view packet) {
  const auto wire = Parse<v1::ProbeOrder>(packet, "order");
  if (!wire.ok()) return wire.status();
  const LinkId link = wire->link();
  if ((link == 0) != wire->has_ping()) return None("order: link");
  switch (wire->order_case()) {
    case v1::ProbeOrder::kDial:
      return DialOrder{link, wire->dial().address(), wire->dial().uuid()};
    case v1::ProbeOrder::kAsk:
      return AskOrder{link};
    case v1::ProbeOrder::kDescribe:
      return DescribeOrder{link};
    case v1::ProbeOrder::kQuiesce:
      return Given(link, DecodeOrder(wire->quiesce()));
    case v1::ProbeOrder::kCorrect:
      return Given(link, DecodeOrder(wire->correct()));
    case v1::ProbeOrder::kResume:
      return Given(link, DecodeOrder(wire->resume()));
    case v1::ProbeOrder::kStatus:
      return Given(link, DecodeOrder(wire->status()));
    case v1::ProbeOrder::kClose:
      return CloseOrder{link};
    case v1::ProbeOrder::kPing:
      return PingOrder{wire->ping().number()};
    case v1::ProbeOrder::ORDER_NOT_SET:
      break;
  }
  return None("order");
}

absl::StatusOr<ProbeNews> DecodeProbeNews(std::string_view packet) {
  const auto wire = Parse<v1::ProbeNews>(packet, "news");
  if (!wire.ok()) return wire.status();
  const LinkId link = wire->link();
  if ((link == 0) != wire->has_pong()) return None("news: link");
  switch (wire->news_case()) {
    case v1::ProbeNews::kOpen:
      return OpenNews{link};
    case v1::ProbeNews::kExchange: {
      absl::StatusOr<GuestReading> reading =
          DecodeClockExchange(wire->exchange().reading());
      if (!reading.ok()) return reading.status();
      ExchangeNews news{link, {}};
      news.exchange.host_sent = DecodeOwnReading(wire->exchange().host_sent());
      news.exchange.guest = *std::move(reading);
      news.exchange.host_received =
          DecodeOwnReading(wire->exchange().host_received());
      return news;
    }
    case v1::ProbeNews::kEvent:
      return EventNews{link, wire->event().discontinuities()};
    case v1::ProbeNews::kDescription: {
      absl::StatusOr<GuestFacts> facts =
          DecodeGuestDescription(wire->description());
      if (!facts.ok()) return facts.status();
      return DescriptionNews{link, *std::move(facts)};
    }
    case v1::ProbeNews::kStatus: {
      absl::StatusOr<OperationStatus> status =
          DecodeOperationStatus(wire->status());
      if (!status.ok()) return status.status();
      return StatusNews{link, *std::move(status)};
    }
    case v1::ProbeNews::kOrderFailed:
      return DecodeFailure<OrderFailedNews>(link, wire->order_failed());
    case v1::ProbeNews::kClosed:
      return DecodeFailure<ClosedNews>(link, wire->closed());
    case v1::ProbeNews::kPong:
      return PongNews{wire->pong().number()};
    case v1::ProbeNews::NEWS_NOT_SET:
      break;
  }
  return None("news");
}

}  // namespace noonmark
