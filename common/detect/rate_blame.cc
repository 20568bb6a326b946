#include "common/detect/rate_blame.h"

#include <algorithm>

namespace noonmark {
namespace {

bool MayBeTheSame(const RateInterval& a, const RateInterval& b) {
  // Sound counters differ by some of it, and so do all that run off together.
  constexpr double kApartPpm = 100;
  return a.lo_ppm <= b.hi_ppm + kApartPpm && b.lo_ppm <= a.hi_ppm + kApartPpm &&
         (a.lo_ppm > 0) == (b.lo_ppm > 0);
}

}  // namespace

RateBlame BlameForRate(const RateInterval& claimed,
                       const std::vector<RateWitness>& others,
                       absl::Duration open_for, absl::Duration patience) {
  size_t suffer = 1;
  size_t otherwise = 0;
  bool sound = false;
  for (const RateWitness& other : others) {
    if (other.claimed.has_value()) {
      ++(MayBeTheSame(claimed, *other.claimed) ? suffer : otherwise);
    } else if (other.sound) {
      ++otherwise;
      sound = true;
    }
  }
  if (suffer >= 2 && suffer > otherwise) return RateBlame::kHost;
  const bool nobody = others.empty();
  if (sound || nobody || open_for >= patience) return RateBlame::kGuest;
  return RateBlame::kOpen;
}

RateInterval CommonRate(const std::vector<RateInterval>& rates) {
  RateInterval common = rates.front();
  RateInterval hull = common;
  for (const RateInterval& rate : rates) {
    common.lo_ppm = std::max(common.lo_ppm, rate.lo_ppm);
    common.hi_ppm = std::min(common.hi_ppm, rate.hi_ppm);
    hull.lo_ppm = std::min(hull.lo_ppm, rate.lo_ppm);
    hull.hi_ppm = std::max(hull.hi_ppm, rate.hi_ppm);
  }
  return common.lo_ppm <= common.hi_ppm ? common : hull;
}

}  // namespace noonmark
