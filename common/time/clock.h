#ifndef NOONMARK_COMMON_TIME_CLOCK_H_
#define NOONMARK_COMMON_TIME_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// All clocks of one machine, read together in the order of the fields. Each is
// the time since the start of that clock; any value is a valid reading.
//
// The two readings of CLOCK_MONOTONIC_RAW enclose the others: each was read at
// a moment between them. RAW alone is neither stepped nor slewed; MONOTONIC
// and BOOTTIME are slewed together with REALTIME.
struct ClockReading {
  absl::Duration raw_before;  // CLOCK_MONOTONIC_RAW
  absl::Duration realtime;    // CLOCK_REALTIME, since 1970-01-01 UTC
  absl::Duration monotonic;   // CLOCK_MONOTONIC
  absl::Duration boottime;    // CLOCK_BOOTTIME: MONOTONIC and the time asleep
  absl::Duration raw_after;   // CLOCK_MONOTONIC_RAW, again
};

// What the kernel says of the discipline of its clock: adjtimex(2) with mode
// 0, units evened out.
struct KernelDiscipline {
  // Yet to be slewed; > 0: the clock will be advanced.
  absl::Duration offset;
  // Correction of the rate in 2^-16 ppm; > 0: the clock is made faster.
  int64_t frequency_scaled_ppm = 0;
  // What a tick of 1/100 s adds, in microseconds; 10000 undisturbed.
  int64_t tick_us = 10'000;
  // The largest error that whoever disciplines the clock claims.
  // systemd-timesyncd writes 0, which bounds nothing.
  absl::Duration max_error;
  absl::Duration estimated_error;
  // The STA_* bits of <linux/timex.h>.
  uint32_t status = 0;
  // TAI - UTC in seconds; 0: not set.
  int32_t tai_offset_s = 0;
};

// The seam to a machine's clocks: the kernel's, a scripted one, or a test's.
class Clock {
 public:
  virtual ~Clock() = default;

  // The best (closest) of a few attempts.
  virtual ClockReading Read() = 0;

  // CLOCK_MONOTONIC alone: cheaper, for schedules.
  virtual MonotonicTime Now() {
    return MonotonicTime::FromReading(Read().monotonic);
  }
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TIME_CLOCK_H_
