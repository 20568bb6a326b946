#include "common/estimate/format.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {
namespace {

std::string Micros(int64_t micros, bool sign) {
  const bool negative = micros < 0;
  const uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(micros)
                                      : static_cast<uint64_t>(micros);
  return absl::StrFormat("%s%d.%06d s", negative ? "-" : (sign ? "+" : ""),
                         magnitude / 1'000'000, magnitude % 1'000'000);
}

int64_t FloorMicros(absl::Duration d) {
  return absl::ToInt64Microseconds(absl::Floor(d, absl::Microseconds(1)));
}
int64_t CeilMicros(absl::Duration d) {
  return absl::ToInt64Microseconds(absl::Ceil(d, absl::Microseconds(1)));
}
int64_t NearestMicros(absl::Duration d) {
  return FloorMicros(d + absl::Nanoseconds(500));
}

}  // namespace

std::string FormatSeconds(absl::Duration d) {
  return Micros(NearestMicros(d), /*sign=*/true);
}

std::string FormatInterval(const Interval& interval) {
  return absl::StrCat("[", Micros(FloorMicros(interval.lo), true), ", ",
                      Micros(CeilMicros(interval.hi), true), "]");
}

std::string FormatOffset(const Interval& interval) {
  const int64_t middle = NearestMicros(interval.Middle());
  const absl::Duration printed = absl::Microseconds(middle);
  const absl::Duration reach =
      std::max(interval.hi - printed, printed - interval.lo);
  return absl::StrCat(Micros(middle, true), " ± ",
                      Micros(CeilMicros(reach), false));
}

std::string FormatAge(absl::Duration age) {
  if (age < absl::Minutes(2)) {
    return absl::StrCat(absl::ToInt64Seconds(age), " s");
  }
  if (age < absl::Hours(2)) {
    return absl::StrCat(absl::ToInt64Minutes(age), " min");
  }
  if (age < absl::Hours(48)) {
    return absl::StrCat(absl::ToInt64Hours(age), " h");
  }
  return absl::StrCat(absl::ToInt64Hours(age) / 24, " d");
}

std::string FormatMoment(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S UTC", time, absl::UTCTimeZone());
}

}  // namespace noonmark
