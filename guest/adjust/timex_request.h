#ifndef NOONMARK_GUEST_ADJUST_TIMEX_REQUEST_H_
#define NOONMARK_GUEST_ADJUST_TIMEX_REQUEST_H_

#include <sys/timex.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace noonmark {

// What is asked of the kernel, as values: nothing here calls it.

// A step, by ADJ_SETOFFSET in microseconds. Never with ADJ_NANO, which would
// leave STA_NANO on and so change the unit for every other reader. The
// seconds are rounded down, so the microseconds are never negative: the kernel
// takes no others.
//
// Errors: kOutOfRange: after it REALTIME would be below MONOTONIC, or at or
// beyond `realtime_end` (since 1970): the kernel keeps 30 years to the end of
// its nanoseconds.
absl::StatusOr<timex> StepRequest(absl::Duration amount,
                                  const ClockReading& now,
                                  absl::Duration realtime_end);

// A slew, by ADJ_OFFSET_SINGLESHOT alone: 500 ppm, and it ends by itself.
//
// Errors: kOutOfRange: it is over a second.
absl::StatusOr<timex> SlewRequest(absl::Duration amount);

// Reads what of a slew is yet to come, and changes nothing.
timex SlewLeftRequest();
// The answer to it.
absl::Duration SlewLeftOf(const timex& answer);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_TIMEX_REQUEST_H_
