#ifndef NOONMARK_COMMON_ESTIMATE_LOCAL_DIFFERENCES_H_
#define NOONMARK_COMMON_ESTIMATE_LOCAL_DIFFERENCES_H_

#include "common/estimate/interval.h"
#include "common/time/clock.h"

namespace noonmark {

// Differences of the clocks of one machine at the moment of one reading. No
// network is in them: they are exact to the bracket of the reading.
struct LocalDifferences {
  // REALTIME - MONOTONIC: changes when, and only when, REALTIME is set.
  Interval real_mono;
  // MONOTONIC - RAW: changes as the kernel slews the clock.
  Interval mono_raw;
  // BOOTTIME - MONOTONIC: the time asleep.
  Interval boot_mono;
};

// Errors: none; a reading whose bracket is reversed must not come here.
LocalDifferences DifferencesOf(const ClockReading& reading);

// The first of them alone.
Interval RealMonoOf(const ClockReading& reading);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_LOCAL_DIFFERENCES_H_
