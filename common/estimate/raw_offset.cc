#include "common/estimate/raw_offset.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// Clocks give whole nanoseconds, rounded down: either end is off by up to one.
constexpr absl::Duration kRounding = absl::Nanoseconds(1);

}  // namespace

absl::StatusOr<RawOffset> BoundRawOffset(const Exchange& exchange,
                                         PartsPerBillion rho) {
  const ClockReading& t1 = exchange.host_sent;
  const ClockReading& t2 = exchange.guest.received;
  const ClockReading& t3 = exchange.guest.sent;
  const ClockReading& t4 = exchange.host_received;
  if (t1.raw_after < t1.raw_before || t4.raw_after < t4.raw_before ||
      t4.raw_before < t1.raw_after) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the host's raw counter ran backwards within an exchange: ",
        absl::FormatDuration(t1.raw_before), ", ",
        absl::FormatDuration(t1.raw_after), ", ",
        absl::FormatDuration(t4.raw_before), ", ",
        absl::FormatDuration(t4.raw_after)));
  }

  if (t2.raw_after < t2.raw_before || t3.raw_after < t3.raw_before) {
    return absl::FailedPreconditionError(
        "the guest's raw counter ran backwards within a reading");
  }

  RawOffset offset;
  offset.elapsed = t4.raw_after - t1.raw_before;
  const absl::Duration slack = Drift(offset.elapsed, rho) + kRounding;
  offset.at_received =
      Interval{t2.raw_before - t4.raw_after, t2.raw_after - t1.raw_before}
          .WidenedBy(slack);
  offset.at_sent =
      Interval{t3.raw_before - t4.raw_after, t3.raw_after - t1.raw_before}
          .WidenedBy(slack);
  // Between T2 and T3 passed from nothing to the whole exchange.
  offset.inner_jump = {t3.raw_before - t2.raw_after - offset.elapsed - slack,
                       t3.raw_after - t2.raw_before + slack};

  const Interval bound =
      Interval{t3.raw_before - t4.raw_after, t2.raw_after - t1.raw_before}
          .WidenedBy(slack);
  if (bound.lo <= bound.hi && offset.inner_jump.ContainsZero()) {
    offset.bound = bound;
  }
  return offset;
}

}  // namespace noonmark
