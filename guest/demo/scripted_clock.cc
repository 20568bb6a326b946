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
  ClockReading reading = real_->Read();
  const absl::Duration since_start = reading.monotonic - start_.monotonic;
  Distortion by =
      DistortionAt(since_start, reading.raw_before - start_.raw_before);
  const auto due = std::find_if(
      glitches_.begin(), glitches_.end(),
      [since_start](const Fault& glitch) { return glitch.at <= since_start; });
  if (due != glitches_.end()) {
    by.all += due->size;
    glitches_.erase(due);
  }
  reading.raw_before += by.all;
  reading.realtime += by.all + by.realtime;
  reading.monotonic += by.all;
  reading.boottime += by.all;
  reading.raw_after += by.all;
  if (by.garbage) reading.raw_after = reading.raw_before - absl::Seconds(1);
  return reading;
}

MonotonicTime ScriptedClock::Now() {
  const absl::Duration since_start =
      real_->Now() - MonotonicTime::FromReading(start_.monotonic);
  // RAW isn't at hand; it differs by what the kernel slews.
  return MonotonicTime::FromReading(start_.monotonic) + since_start +
         DistortionAt(since_start, since_start).all;
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
