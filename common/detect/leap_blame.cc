#include "common/detect/leap_blame.h"

#include <algorithm>

namespace noonmark {

bool MayBeAtOnce(const SeenLeap& a, const SeenLeap& b) {
  return a.begin <= b.end && b.begin <= a.end;
}

bool MayBeOne(const SeenLeap& a, const SeenLeap& b) {
  return !a.told && !b.told && MayBeAtOnce(a, b) && a.size.Meets(b.size);
}

std::optional<SeenLeap> CommonLeap(SeenLeap leap,
                                   const std::vector<SeenLeap>& others) {
  for (const SeenLeap& other : others) {
    if (!MayBeOne(leap, other)) return std::nullopt;
    leap.size = *Intersection(leap.size, other.size);
    leap.begin = std::max(leap.begin, other.begin);
    leap.end = std::min(leap.end, other.end);
  }
  return leap;
}

LeapBlame BlameForLeap(const LeapWords& words, absl::Duration open_for,
                       absl::Duration patience) {
  if (words.sound > 0) return LeapBlame::kGuest;
  const bool waited = words.unheard == 0 || open_for >= patience;
  const bool enough = words.alike >= 2 && open_for >= patience / 2;
  if (enough || (words.alike >= 1 && waited)) return LeapBlame::kHost;
  return waited ? LeapBlame::kUntold : LeapBlame::kOpen;
}

}  // namespace noonmark
