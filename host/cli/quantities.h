#ifndef NOONMARK_HOST_CLI_QUANTITIES_H_
#define NOONMARK_HOST_CLI_QUANTITIES_H_

#include <string>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// Numbers as people and programs read them, beside common/estimate/format.h.
// Nothing here goes through a double: 1 ns counts, beside 292 years too.

absl::Duration FromProto(const google::protobuf::Duration& duration);
absl::Time FromProto(const google::protobuf::Timestamp& time);
// Ends in the wrong order are put right: what is shown must hold the truth.
Interval FromProto(const v1::OffsetInterval& interval);

// An interval as one value and its bound, both multiples of `unit` (1 ns or
// 1 us): [value - bound, value + bound] holds the interval, since the bound is
// rounded up after the value was rounded.
struct Measure {
  absl::Duration value;
  absl::Duration bound;
};
Measure MeasureOf(const Interval& interval, absl::Duration unit);

// Seconds with 6 or 9 decimals: "4398.046310", "-0.000001"; with the plus,
// "+4398.046310". Digits beyond the last are cut off, so round first.
enum class Sign { kMinus, kBoth };
std::string Seconds6(absl::Duration duration, Sign sign);
std::string Seconds9(absl::Duration duration, Sign sign);

// A length of time that somebody chose: "2 s", "500 ms", "1.5 s".
std::string LengthText(absl::Duration length);
// For sizes that seconds don't tell: "1 h 13 min 18 s", rounded down to
// seconds, at most three units. Of the magnitude.
std::string LongText(absl::Duration length);
// How long from now: "11 h 12 min (10 h 40 min to 11 h 50 min)", the middle and
// the ends, rounded outwards to what such a time is worth knowing to: 1 s below
// 10 min, 1 min below 10 h, 10 min below 2 d, else 1 h.
std::string AheadText(const Interval& ahead);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_QUANTITIES_H_
