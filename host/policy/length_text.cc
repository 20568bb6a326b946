#include "host/policy/length_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {

std::string LengthOf(absl::Duration length) {
  struct Unit {
    absl::Duration size;
    const char* name;
    int64_t least;  // of this unit
  };
  static constexpr Unit kUnits[] = {
      {absl::Hours(1), " h", 1},
      {absl::Minutes(1), " min", 2},
      {absl::Seconds(1), " s", 1},
      {absl::Milliseconds(1), " ms", 1},
  };
  const absl::Duration size = absl::AbsDuration(length);
  for (const Unit& unit : kUnits) {
    absl::Duration rest;
    const int64_t count = absl::IDivDuration(size, unit.size, &rest);
    const bool small = unit.size < absl::Seconds(1);
    if (count >= unit.least && rest == absl::ZeroDuration() &&
        (!small || count < 1000)) {
      return absl::StrCat(length < absl::ZeroDuration() ? "-" : "", count,
                          unit.name);
    }
  }
  return absl::StrFormat("%.9g s", absl::ToDoubleSeconds(length));
}

}  // namespace noonmark
