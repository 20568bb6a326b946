#include "common/detect/local_line.h"

#include <algorithm>

namespace noonmark {
namespace {

void Tighten(Interval& newer, const Interval& older) {
  if (const std::optional<Interval> both = Intersection(newer, older)) {
    newer = *both;
  }
}

// MONOTONIC moved against RAW by more than a kernel can slew.
bool Leapt(const LocalReading& from, const LocalReading& to,
           PartsPerBillion max_slew) {
  const Interval& before = from.differences.mono_raw;
  const Interval& after = to.differences.mono_raw;
  if (after.Meets(before)) return false;
  // The longer of two clocks: either may have stood still. MONOTONIC was read
  // up to a bracket away from where the reading begins.
  const absl::Duration counted = absl::AbsDuration(to.raw - from.raw);
  if (after.WidenedBy(Drift(counted, max_slew)).Meets(before)) return false;
  const absl::Duration elapsed =
      std::max(counted, absl::AbsDuration(to.at - from.at)) + before.Width() +
      after.Width();
  return !after.WidenedBy(Drift(elapsed, max_slew)).Meets(before);
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
  moved.leapt = Leapt(from, to, max_slew);
  return moved;
}

bool AnyMovementBetween(const LocalReading& from, const LocalReading& to,
                        PartsPerBillion max_slew) {
  return !to.differences.real_mono.Meets(from.differences.real_mono) ||
         !to.differences.boot_mono.Meets(from.differences.boot_mono) ||
         Leapt(from, to, max_slew);
}

bool LocalLine::Add(const LocalReading& before, const LocalReading& reading,
                    PartsPerBillion max_slew) {
  if (!AnyMovementBetween(before, reading, max_slew)) {
    ++same_;
    astray_ += run_;
    run_ = 0;
    moved_.reset();
    return false;
  }
  if (moved_.has_value() && !AnyMovementBetween(*moved_, reading, max_slew)) {
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
