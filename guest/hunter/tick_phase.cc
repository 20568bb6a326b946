#include "guest/hunter/tick_phase.h"

namespace noonmark {
namespace {

absl::Duration Modulo(absl::Duration d, absl::Duration period) {
  absl::Duration rest;
  absl::IDivDuration(d, period, &rest);
  return rest < absl::ZeroDuration() ? rest + period : rest;
}

}  // namespace

MonotonicTime TickPhase::Next(MonotonicTime earliest) const {
  const absl::Duration phase =
      wakes_ < kSearch ? tick_ * wakes_ / kSearch : phase_;
  return earliest + Modulo(phase - earliest.Reading(), tick_);
}

void TickPhase::Note(MonotonicTime at, absl::Duration age) {
  if (wakes_ < kSearch && age >= absl::ZeroDuration() && age < youngest_) {
    youngest_ = age;
    phase_ = Modulo(at.Reading(), tick_);
  }
  if (++wakes_ < kKeep) return;
  wakes_ = 0;
  youngest_ = absl::InfiniteDuration();
}

}  // namespace noonmark
