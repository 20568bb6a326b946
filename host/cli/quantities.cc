#include "host/cli/quantities.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace noonmark::cli {
namespace {

std::string SecondsText(absl::Duration duration, Sign sign, absl::Duration unit,
                        int decimals) {
  absl::Duration rest;
  const int64_t whole =
      absl::IDivDuration(absl::AbsDuration(duration), absl::Seconds(1), &rest);
  const int64_t fraction = absl::IDivDuration(rest, unit, &rest);
  const absl::string_view mark = duration < absl::ZeroDuration() ? "-"
                                 : sign == Sign::kBoth           ? "+"
                                                                 : "";
  return absl::StrFormat("%s%d.%0*d", mark, whole, decimals, fraction);
}

}  // namespace

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  // The limits that duration.proto states; beyond, arithmetic would saturate.
  constexpr int64_t kMost = 315'576'000'000;
  return absl::Seconds(std::clamp(duration.seconds(), -kMost, kMost)) +
         absl::Nanoseconds(duration.nanos());
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

Interval FromProto(const v1::OffsetInterval& interval) {
  const auto [lo, hi] =
      std::minmax({FromProto(interval.lo()), FromProto(interval.hi())});
  return {lo, hi};
}

Measure MeasureOf(const Interval& interval, absl::Duration unit) {
  Measure measure;
  measure.value = absl::Floor(interval.Middle() + unit / 2, unit);
  const absl::Duration reach =
      std::max(interval.hi - measure.value, measure.value - interval.lo);
  measure.bound = absl::Ceil(reach, unit);
  return measure;
}

std::string Seconds6(absl::Duration duration, Sign sign) {
  return SecondsText(duration, sign, absl::Microseconds(1), 6);
}

std::string Seconds9(absl::Duration duration, Sign sign) {
  return SecondsText(duration, sign, absl::Nanoseconds(1), 9);
}

std::string LengthText(absl::Duration length) {
  if (length < absl::Seconds(1)) {
    return absl::StrCat(absl::ToDoubleMilliseconds(length), " ms");
  }
  return absl::StrCat(absl::ToDoubleSeconds(length), " s");
}

std::string LongText(absl::Duration length) {
  int64_t seconds = absl::ToInt64Seconds(absl::AbsDuration(length));
  constexpr std::pair<int64_t, absl::string_view> kUnits[] = {
      {31557600, "y"}, {86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  std::string text;
  int units = 0;
  for (const auto& [size, name] : kUnits) {
    if (units == 3) break;
    if (seconds < size && (units == 0 || seconds == 0)) continue;
    absl::StrAppend(&text, units == 0 ? "" : " ", seconds / size, " ", name);
    seconds %= size;
    ++units;
  }
  return text.empty() ? "0 s" : text;
}

std::string AheadText(const Interval& ahead) {
  const absl::Duration middle = ahead.Middle();
  const absl::Duration unit = middle < absl::Minutes(10) ? absl::Seconds(1)
                              : middle < absl::Hours(10) ? absl::Minutes(1)
                              : middle < absl::Hours(48) ? absl::Minutes(10)
                                                         : absl::Hours(1);
  const std::string at = LongText(absl::Floor(middle + unit / 2, unit));
  const std::string from = LongText(absl::Floor(ahead.lo, unit));
  const std::string to = LongText(absl::Ceil(ahead.hi, unit));
  if (from == at && to == at) return at;
  return absl::StrCat(at, " (", from, " to ", to, ")");
}

}  // namespace noonmark::cli
