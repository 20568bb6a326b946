#ifndef NOONMARK_COMMON_ESTIMATE_FORMAT_H_
#define NOONMARK_COMMON_ESTIMATE_FORMAT_H_

#include <string>

#include "absl/time/time.h"
#include "common/estimate/interval.h"

namespace noonmark {

// "+4398.046511 s": signed, to the microsecond, rounded to the nearest.
std::string FormatSeconds(absl::Duration d);

// "[+4398.046489 s, +4398.046534 s]": rounded outwards, so that what is printed
// is as true as the interval.
std::string FormatInterval(const Interval& interval);

// "+4398.046511 s ± 0.000023 s": the second large enough that what is printed
// holds the interval.
std::string FormatOffset(const Interval& interval);

// "12 min", "3 h", "5 s": for people, rounded down.
std::string FormatAge(absl::Duration age);

// "2026-11-21 18:20:01.123 UTC".
std::string FormatMoment(absl::Time time);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_FORMAT_H_
