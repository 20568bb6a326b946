#ifndef NOONMARK_COMMON_DETECT_LEAP_SECOND_H_
#define NOONMARK_COMMON_DETECT_LEAP_SECOND_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/clock.h"

namespace noonmark {

// What the kernel said of leap seconds at one of a machine's readings.
struct LeapState {
  // One was announced for the end of the UTC day: +1, a second is inserted and
  // REALTIME goes back; -1, one is left out; 0: none.
  int8_t announced = 0;
  // Not before them: a leap that the clocks show is counted below.
  bool read_with_clocks = false;
  // TAI - UTC in seconds, 0: not set. Absent: not readable.
  std::optional<int32_t> tai_offset_s;
};

LeapState LeapStateOf(const std::optional<KernelDiscipline>& discipline,
                      bool read_with_clocks);

// Whether REALTIME, moved `by` between two readings, was moved by the kernel
// for a leap second: by one second and no other, at the end of a UTC day, and
// counted in TAI - UTC; or announced before, where `after` need not count it
// yet. `realtime_after` is the clock as read at `after`, at most `elapsed`
// since `before`.
//
// A smeared leap second is none: nothing is set, and REALTIME is slewed by some
// 12 ppm for a day.
bool IsLeapSecond(const Interval& by, const LeapState& before,
                  const LeapState& after, absl::Duration realtime_after,
                  absl::Duration elapsed);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_LEAP_SECOND_H_
