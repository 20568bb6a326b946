#ifndef NOONMARK_COMMON_DETECT_SET_ALIKE_H_
#define NOONMARK_COMMON_DETECT_SET_ALIKE_H_

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// That somebody set a guest's clock, and between which two moments.
struct SeenSet {
  Interval by;
  MonotonicTime begin;
  MonotonicTime end;
};

// Both were done within two minutes for certain, and they go as far, to a tenth
// of the smaller: what these guests have in common may have done it, a source
// of time, cron, a rollout. Not of less than a tenth of a second: small sets
// are many.
bool AreAlike(const SeenSet& a, const SeenSet& b);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_SET_ALIKE_H_
