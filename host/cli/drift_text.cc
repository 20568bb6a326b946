#include "host/cli/drift_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "host/cli/quantities.h"

namespace noonmark::cli {
namespace {

// With as many decimals as the bound is worth, from 1 to 3.
std::string PpmText(double value, const v1::RateInterval& bar) {
  const double reach = std::max(bar.hi_ppm() - value, value - bar.lo_ppm());
  const int decimals = reach >= 0.1 ? 1 : reach >= 0.01 ? 2 : 3;
  const double unit = std::pow(10, -decimals);
  const double shown = std::round(value / unit) * unit + 0.0;  // never -0
  const double rest = std::max(bar.hi_ppm() - shown, shown - bar.lo_ppm());
  // No more for the last bits of a double.
  constexpr double kHair = 1e-9;
  const double bound = std::ceil(std::max(rest, 0.0) / unit - kHair) * unit;
  return absl::StrFormat("%+.*f ± %.*f ppm", decimals, shown, decimals,
                         bound + 0.0);
}

}  // namespace

std::string DriftText(const v1::Guest& guest) {
  if (!guest.has_drift()) return "";
  const v1::Drift& drift = guest.drift();
  const std::string text =
      absl::StrCat(PpmText(drift.ppm(), drift.bar()), " over ",
                   LongText(FromProto(drift.window())),
                   drift.constant() ? "" : ", not constant");
  if (!drift.has_warning_latest()) return text;
  const absl::Duration earliest = FromProto(drift.warning_earliest());
  const absl::Duration latest = FromProto(drift.warning_latest());
  const std::string threshold =
      absl::StrCat("the warning threshold of ",
                   LengthText(FromProto(guest.warning_threshold())));
  if (latest <= absl::ZeroDuration()) {
    return absl::StrCat(text, "; beyond ", threshold, " already");
  }
  return absl::StrCat(text, "; reaches ", threshold, " in ",
                      AheadText({std::min(earliest, latest), latest}),
                      " if it goes on so");
}

}  // namespace noonmark::cli
