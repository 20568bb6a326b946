#ifndef NOONMARK_COMMON_DETECT_LOCAL_LINE_H_
#define NOONMARK_COMMON_DETECT_LOCAL_LINE_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/detect/leap_second.h"
#include "common/estimate/interval.h"
#include "common/estimate/local_differences.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// The fastest that a Linux kernel slews: tick 9000...11000 and 500 ppm, and a
// little.
inline constexpr PartsPerBillion kFastestSlew = 111'000'000;

// How a machine's own clocks stood to one another at one of its readings.
struct LocalReading {
  LocalDifferences differences;
  // How often the agent had been told of a set.
  uint64_t discontinuities = 0;
  absl::Duration raw;  // the machine's
  absl::Duration realtime;
  MonotonicTime at;  // the host's
  LeapState leap;
};

LocalReading LocalReadingOf(const ClockReading& clocks, MonotonicTime at,
                            uint64_t discontinuities = 0,
                            const LeapState& leap = {});

// `newer`, with what `older` knew better: as long as nobody sets the clock,
// REALTIME - MONOTONIC is one value, and so is BOOTTIME - MONOTONIC.
LocalReading Tightened(const LocalReading& older, const LocalReading& newer);

// What moved on a machine between two of its readings.
struct LocalMovement {
  // Of REALTIME - MONOTONIC: > 0, REALTIME was set forward.
  Interval set;
  // Of MONOTONIC - RAW.
  Interval slewed;
  // Of BOOTTIME - MONOTONIC: > 0, it slept.
  Interval slept;
  // MONOTONIC moved against RAW by more than a kernel can slew.
  bool leapt = false;

  bool WasSet() const { return !set.ContainsZero(); }
  bool Slept() const { return !slept.ContainsZero(); }
  bool Any() const { return leapt || WasSet() || Slept(); }
  // By how much, of what says most.
  Interval Size() const;
};

LocalMovement MovementBetween(const LocalReading& from, const LocalReading& to,
                              PartsPerBillion max_slew);

// MovementBetween().Any(), and costs next to nothing where nothing moved.
bool AnyMovementBetween(const LocalReading& from, const LocalReading& to,
                        PartsPerBillion max_slew);

// The guest's own differences in the burst after a contradiction: one misread,
// or moved for good.
class LocalLine {
 public:
  // Whether `reading` moved from `before`.
  bool Add(const LocalReading& before, const LocalReading& reading,
           PartsPerBillion max_slew);

  // The last readings, two or more, agree with one another and not with those
  // before.
  bool Lasting() const { return run_ >= 2; }
  int run() const { return run_; }
  // Of the readings that moved for good: the last, and when the first was seen.
  const LocalReading& after() const { return *moved_; }
  MonotonicTime moved_by() const { return moved_by_; }

  int same() const { return same_; }
  // Readings that moved, and were contradicted by the next.
  int astray() const { return astray_; }

 private:
  std::optional<LocalReading> moved_;
  MonotonicTime moved_by_;
  int run_ = 0;
  int same_ = 0;
  int astray_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_LOCAL_LINE_H_
