#ifndef NOONMARK_COMMON_DETECT_HOST_BOUND_H_
#define NOONMARK_COMMON_DETECT_HOST_BOUND_H_

#include <algorithm>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/estimate/chrony_tracking.h"
#include "common/estimate/interval.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What chronyd said of the host's clock, or why it said nothing.
struct ChronyReport {
  std::optional<ChronyTracking> tracking;
  // For people; empty: there is a tracking, or no chrony on this host.
  std::string error;
  // The host's clocks before it was asked: whatever time the answer took makes
  // it older.
  MonotonicTime asked;
  absl::Duration realtime;
};

// How far a clock may be from UTC, and how that grows.
struct HostBound {
  absl::Duration least;  // at `as_of`
  MonotonicTime as_of;
  PartsPerBillion growth = 0;
  // For people: whose word it is, and its figures.
  std::string reason;

  absl::Duration At(MonotonicTime now) const {
    return least + Drift(std::max(now - as_of, absl::ZeroDuration()), growth);
  }
};

// A bound, or (for people) why there is none; both absent: nothing to say.
struct HostBoundOrReason {
  std::optional<HostBound> bound;
  std::string reason;
};

// |system offset| + root dispersion + root delay / 2, and 50 ppm from the
// question on (the error bound of ClockBound). None without a source, without
// synchronisation, or where the last measurement is too long ago.
HostBoundOrReason BoundOf(const ChronyReport& chrony, MonotonicTime now);

// The kernel's maxerror, which chronyd and ntpd keep up; it grows by 500 ppm.
// systemd-timesyncd sets it to zero, which bounds nothing.
HostBoundOrReason BoundOf(const std::optional<KernelDiscipline>& kernel,
                          MonotonicTime now);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_HOST_BOUND_H_
