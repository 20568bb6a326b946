#include "common/detect/set_alike.h"

#include <algorithm>

namespace noonmark {
namespace {

constexpr absl::Duration kTogether = absl::Minutes(2);
constexpr absl::Duration kLeast = absl::Milliseconds(100);

}  // namespace

bool AreAlike(const SeenSet& a, const SeenSet& b) {
  if (std::max(a.end, b.end) - std::min(a.begin, b.begin) > kTogether) {
    return false;
  }
  const absl::Duration least =
      std::min(a.by.LeastMagnitude(), b.by.LeastMagnitude());
  if (least < kLeast) return false;
  const Interval apart = a.by - b.by;
  return -apart.lo <= least / 10 && apart.hi <= least / 10;
}

}  // namespace noonmark
