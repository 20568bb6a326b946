#include "common/estimate/realtime_offset.h"

#include <algorithm>

#include "common/estimate/local_differences.h"

namespace noonmark {
namespace {

// Clocks give whole nanoseconds, rounded down.
constexpr absl::Duration kRounding = absl::Nanoseconds(1);

}  // namespace

Interval CausalRealtimeOffset(const Exchange& exchange,
                              const ClockReading& guest) {
  return Interval{guest.realtime - exchange.host_received.realtime,
                  guest.realtime - exchange.host_sent.realtime}
      .WidenedBy(kRounding);
}

std::optional<Interval> BoundRealtimeOffset(const Exchange& exchange,
                                            PartsPerBillion rate) {
  const GuestReading& guest = exchange.guest;
  if (!RealMonoOf(exchange.host_sent)
           .Meets(RealMonoOf(exchange.host_received))) {
    return std::nullopt;
  }
  Interval offset = CausalRealtimeOffset(exchange, guest.sent);
  // The host's clock went on at least as much while the guest held the
  // question.
  const absl::Duration held =
      guest.sent.raw_before - guest.received.raw_after - kRounding;
  if (held > absl::ZeroDuration()) offset.hi -= held - Drift(held, rate);
  if (offset.hi < offset.lo) return std::nullopt;
  return offset;
}

}  // namespace noonmark
