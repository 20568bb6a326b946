#include "guest/demo/scripted_clock.h"

#include <algorithm>
#include <utility>

namespace noonmark {

ScriptedClock::ScriptedClock(Clock* real, std::vector<Fault> script)
    : real_(real), script_(std::move(script)), start_(real->Read()) {
  for (const Fault& fault : script_) {
    if (fault.kind == Fault::Kind::kGlitch) glitches_.push_back(fault);
  }
}

ClockReading ScriptedClock::Read() {
  const ClockReading reading = real_->Read();
  const absl::Duration since_start = reading.monotonic - start_.monotonic;
  Distortion by =
      DistortionAt(since_start, reading.raw_before - start_.raw_before);
  MutexLock lock(mutex_);
  const auto due = std::find_if(
      glitches_.begin(), glitches_.end(),
      [since_start](const Fault& glitch) { return glitch.at <= since_start; });
  if (due != glitches_.end()) {
    by.all += due->size;
    glitches_.erase(due);
  }
  return Distorted(reading, by);
}

ClockReading ScriptedClock::ReadWithoutGlitch() {
  const ClockReading reading = real_->Read();
  const Distortion by = DistortionAt(reading.monotonic - start_.monotonic,
                                     reading.raw_before - start_.raw_before);
  MutexLock lock(mutex_);
  return Distorted(reading, by);
}

ClockReading ScriptedClock::Distorted(const ClockReading& reading,
                                      Distortion by) const {
  const absl::Duration slewed = Slewed(reading.monotonic - start_.monotonic);
  ClockReading off = reading;
  off.raw_before += by.all;
  off.realtime += by.all + by.realtime + stepped_ + slewed;
  off.monotonic += by.all + slewed;
  off.boottime += by.all + slewed;
  off.raw_after += by.all;
  if (by.garbage) off.raw_after = off.raw_before - absl::Seconds(1);
  return off;
}

MonotonicTime ScriptedClock::Now() {
  const absl::Duration since_start =
      real_->Now() - MonotonicTime::FromReading(start_.monotonic);
  MutexLock lock(mutex_);
  // RAW isn't at hand; it differs by what the kernel slews.
  return MonotonicTime::FromReading(start_.monotonic) + since_start +
         DistortionAt(since_start, since_start).all + Slewed(since_start);
}

void ScriptedClock::Step(absl::Duration by) {
  MutexLock lock(mutex_);
  stepped_ += by;
}

void ScriptedClock::Slew(absl::Duration by) {
  const absl::Duration since_start =
      real_->Now() - MonotonicTime::FromReading(start_.monotonic);
  MutexLock lock(mutex_);
  slewed_before_ = Slewed(since_start);
  slew_ = by;
  slew_began_ = since_start;
}

absl::Duration ScriptedClock::SlewLeft() {
  const absl::Duration since_start =
      real_->Now() - MonotonicTime::FromReading(start_.monotonic);
  MutexLock lock(mutex_);
  return slewed_before_ + slew_ - Slewed(since_start);
}

absl::Duration ScriptedClock::Slewed(absl::Duration since_start) const {
  const absl::Duration reach = (since_start - slew_began_) / 2000;  // 500 ppm
  return slewed_before_ + std::clamp(slew_, -reach, reach);
}

std::vector<MonotonicTime> ScriptedClock::SetTimes() const {
  std::vector<MonotonicTime> times;
  for (const Fault& fault : script_) {
    if (fault.kind == Fault::Kind::kSet) {
      times.push_back(MonotonicTime::FromReading(start_.monotonic) + fault.at);
    }
  }
  std::sort(times.begin(), times.end());
  return times;
}

std::optional<MonotonicTime> ScriptedClock::SilentFrom() const {
  std::optional<MonotonicTime> from;
  for (const Fault& fault : script_) {
    if (fault.kind != Fault::Kind::kSilent) continue;
    const MonotonicTime time =
        MonotonicTime::FromReading(start_.monotonic) + fault.at;
    if (!from.has_value() || time < *from) from = time;
  }
  return from;
}

ScriptedClock::Distortion ScriptedClock::DistortionAt(
    absl::Duration since_start, absl::Duration raw) const {
  Distortion by;
  for (const Fault& fault : script_) {
    if (since_start < fault.at) continue;
    switch (fault.kind) {
      case Fault::Kind::kCounterJump:
        by.all += fault.size;
        break;
      case Fault::Kind::kPause:
        by.all -= fault.size;
        break;
      case Fault::Kind::kSet:
      case Fault::Kind::kUntoldSet:
      case Fault::Kind::kOffset:
        by.realtime += fault.size;
        break;
      case Fault::Kind::kRate:
        // Whole numbers: exact to a quarter of a nanosecond for ever.
        by.all += raw * fault.rate_ppb / 1'000'000'000;
        break;
      case Fault::Kind::kGarbage:
        by.garbage = true;
        break;
      case Fault::Kind::kGlitch:  // in Read(), once
      case Fault::Kind::kSpike:   // the hunter's alone
      case Fault::Kind::kSilent:  // the agent's, not the clock's
        break;
    }
  }
  return by;
}

}  // namespace noonmark
