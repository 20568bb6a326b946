#ifndef NOONMARK_COMMON_ESTIMATE_CHRONY_TRACKING_H_
#define NOONMARK_COMMON_ESTIMATE_CHRONY_TRACKING_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

// What chronyd says of the clock that it disciplines: `chronyc tracking`.
struct ChronyTracking {
  enum class Leap { kNormal, kInsertSecond, kDeleteSecond, kNotSynchronised };

  uint32_t reference_id = 0;
  // Address or name of the source, printable; may be empty.
  std::string source;
  // 0: not synchronised; 1: a clock of its own; to 15.
  int stratum = 0;
  // When it was measured last, on the clock that it disciplines: since
  // 1970-01-01 UTC.
  absl::Duration reference_time;
  // What it still has to slew; > 0: the clock is slow and will be advanced.
  absl::Duration system_offset;
  // Of the way to the primary source and back, and the error gathered on it up
  // to the moment of the answer; >= 0.
  absl::Duration root_delay;
  absl::Duration root_dispersion;
  // Between the last two measurements; 0: there was one at the most.
  absl::Duration update_interval;
  Leap leap = Leap::kNotSynchronised;
};

// Reads the one line of `chronyc -c -n tracking`: 14 fields between commas
// (chrony 2.x to 4.x). Numbers are read exactly; nothing is assumed of the
// text.
//
// Errors:
//   kInvalidArgument  not such a line; the message is printable.
absl::StatusOr<ChronyTracking> ParseChronyTracking(std::string_view text);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_CHRONY_TRACKING_H_
