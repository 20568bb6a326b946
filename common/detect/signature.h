#ifndef NOONMARK_COMMON_DETECT_SIGNATURE_H_
#define NOONMARK_COMMON_DETECT_SIGNATURE_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/estimate/interval.h"

namespace noonmark {

// A size of jump that tells its cause: counters wrap at exact values.
struct Signature {
  // Magnitude, > 0.
  absl::Duration size;
  // "2^42 ns"
  std::string name;
  // What makes clocks move by it.
  std::string meaning;
  // A counter's or a word's arithmetic, not a calendar's.
  bool arithmetic = true;
};

// All sizes, in rising order.
absl::Span<const Signature> AllSignatures();

// The signature whose size lies in `jump` (of either sign), widened by 1 ms for
// what a wrapped delta falls short and for the age of the samples. Null where
// none fits, or more than one: a name is given only when it is the only one.
const Signature* MatchSignature(const Interval& jump);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_SIGNATURE_H_
