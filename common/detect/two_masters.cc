#include "common/detect/two_masters.h"

#include <algorithm>

namespace noonmark {
namespace {

// A reading that is less sharp could be half a swing by itself.
constexpr absl::Duration kSharp = absl::Milliseconds(5);

}  // namespace

void TwoMasters::Add(const LocalReading& reading) {
  const LocalDifferences& d = reading.differences;
  const Interval made = d.real_mono - d.boot_mono + d.mono_raw;
  if (made.Width() > kSharp) return;
  const absl::Duration done = made.Middle();
  if (!begun_) {
    begun_ = true;
    least_ = most_ = done;
    return;
  }
  // The way back, from as far as it went.
  const absl::Duration back = way_ > 0 ? most_ - done : done - least_;
  if (way_ == 0) {
    least_ = std::min(least_, done);
    most_ = std::max(most_, done);
    if (done - least_ >= kSwing) way_ = 1;
    if (most_ - done >= kSwing) way_ = -1;
    return;
  }
  if (back < kSwing) {
    least_ = way_ < 0 ? std::min(least_, done) : least_;
    most_ = way_ > 0 ? std::max(most_, done) : most_;
    return;
  }
  if (swings_.turns > 0 && reading.at - swings_.last > kMemory) {
    swings_ = Swings();
  }
  if (swings_.turns == 0) swings_.first = reading.at;
  ++swings_.turns;
  swings_.last = reading.at;
  swings_.widest = std::max(swings_.widest, back);
  way_ = -way_;
  least_ = most_ = done;
}

std::optional<TwoMasters::Swings> TwoMasters::swings(MonotonicTime now) const {
  if (swings_.turns < kTurns || now - swings_.last > kMemory) {
    return std::nullopt;
  }
  return swings_;
}

}  // namespace noonmark
