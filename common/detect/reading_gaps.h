#ifndef NOONMARK_COMMON_DETECT_READING_GAPS_H_
#define NOONMARK_COMMON_DETECT_READING_GAPS_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// How far apart the readings of a machine's own counter lay. Between two of
// them it cannot have leapt ahead by more than it went on by. So a machine that
// reads its clocks all the time has an alibi, without a word from anybody else:
// where no two readings lie as far apart as a leap is wide, its counter did not
// make that leap.
class ReadingGaps {
 public:
  // In the order of its RAW; an older one is passed over. Whose counter fell
  // begins anew: nothing is known of it before.
  void Add(const ClockReading& reading);

  // The widest gap on RAW that ended since `begin`, rounded up by less than the
  // double. Absent: nothing is known of all that time.
  std::optional<absl::Duration> WidestSince(MonotonicTime begin) const;

 private:
  struct Gap {
    MonotonicTime end;
    absl::Duration width;
  };

  std::optional<MonotonicTime> since_;
  absl::Duration last_raw_;
  // Each narrower than the one before it, and by half at least.
  std::vector<Gap> gaps_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_READING_GAPS_H_
