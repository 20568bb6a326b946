#include "common/detect/rate_blame.h"

#include <algorithm>

namespace noonmark {
namespace {

bool MayBeTheSame(const RateInterval& a, const RateInterval& b) {
  // Sound counters differ by some of it, and so do all that run off together.
  return a.lo_ppm <= b.hi_ppm + kSoundApartPpm &&
         b.lo_ppm <= a.hi_ppm + kSoundApartPpm &&
         (a.lo_ppm > 0) == (b.lo_ppm > 0);
}

}  // namespace

RateBlame BlameForRate(const RateInterval& claimed,
                       const std::vector<RateWitness>& others,
                       absl::Duration open_for, absl::Duration patience) {
  size_t suffer = 1;
  size_t leaning = 0;
  size_t silent = 0;
  size_t otherwise = 0;
  size_t sound = 0;
  bool leans = false;
  for (const RateWitness& other : others) {
    leans |= other.leans;
    if (other.claimed.has_value()) {
      ++(MayBeTheSame(claimed, *other.claimed) ? suffer : otherwise);
    } else if (other.sound) {
      ++otherwise;
      ++sound;
    } else {
      ++(other.leans ? leaning : silent);
    }
  }
  if (suffer >= 2 && suffer > otherwise) return RateBlame::kHost;
  if (others.empty()) return RateBlame::kGuest;
  if (sound > 0) {
    const size_t yet = open_for < patience / 2 ? silent : 0;
    const bool most_may =
        leaning + yet >= 2 && suffer + leaning + yet > otherwise;
    return most_may ? RateBlame::kOpen : RateBlame::kGuest;
  }
  return !leans && open_for >= patience ? RateBlame::kGuest : RateBlame::kOpen;
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
