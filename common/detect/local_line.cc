#include "common/detect/local_line.h"

#include <algorithm>

namespace noonmark {
namespace {

void Tighten(Interval& newer, const Interval& older) {
  if (const std::optional<Interval> both = Intersection(newer, older)) {
    newer = *both;
  }
}

}  // namespace

LocalReading LocalReadingOf(const ClockReading& clocks, MonotonicTime at,
                            uint64_t discontinuities, const LeapState& leap) {
  return {.differences = DifferencesOf(clocks),
          .discontinuities = discontinuities,
          .raw = clocks.raw_before,
          .realtime = clocks.realtime,
          .at = at,
          .leap = leap};
}

LocalReading Tightened(const LocalReading& older, const LocalReading& newer) {
  LocalReading tight = newer;
  Tighten(tight.differences.real_mono, older.differences.real_mono);
  Tighten(tight.differences.boot_mono, older.differences.boot_mono);
  return tight;
}

Interval LocalMovement::Size() const {
  if (leapt) return slewed;
  if (WasSet()) return set;
  return slept;
}

LocalMovement MovementBetween(const LocalReading& from, const LocalReading& to,
                              PartsPerBillion max_slew) {
  LocalMovement moved;
  moved.set = to.differences.real_mono - from.differences.real_mono;
  moved.slewed = to.differences.mono_raw - from.differences.mono_raw;
  moved.slept = to.differences.boot_mono - from.differences.boot_mono;
  // The longer of two clocks: either may have stood still. MONOTONIC was read
  // up to a bracket away from where the reading begins.
  const absl::Duration elapsed = std::max(absl::AbsDuration(to.raw - from.raw),
                                          absl::AbsDuration(to.at - from.at)) +
                                 from.differences.mono_raw.Width() +
                                 to.differences.mono_raw.Width();
  moved.leapt =
      !moved.slewed.WidenedBy(Drift(elapsed, max_slew)).ContainsZero();
  return moved;
}

bool LocalLine::Add(const LocalReading& before, const LocalReading& reading,
                    PartsPerBillion max_slew) {
  if (!MovementBetween(before, reading, max_slew).Any()) {
    ++same_;
    astray_ += run_;
    run_ = 0;
    moved_.reset();
    return false;
  }
  if (moved_.has_value() &&
      !MovementBetween(*moved_, reading, max_slew).Any()) {
    ++run_;
    moved_ = Tightened(*moved_, reading);
    return true;
  }
  astray_ += run_;
  run_ = 1;
  moved_ = reading;
  moved_by_ = reading.at;
  return true;
}

}  // namespace noonmark
