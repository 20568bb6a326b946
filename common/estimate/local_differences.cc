#include "common/estimate/local_differences.h"

#include "absl/time/time.h"

namespace noonmark {
namespace {

// Clocks give whole nanoseconds, rounded down.
constexpr absl::Duration kRounding = absl::Nanoseconds(1);
// The other clocks may be slewed by so much against RAW.
constexpr PartsPerBillion kFastest = 110'000'000;

// What the other clocks can advance within the bracket, and the rounding.
absl::Duration ReachOf(const ClockReading& reading) {
  const absl::Duration read_for = reading.raw_after - reading.raw_before;
  return read_for + Drift(read_for, kFastest) + kRounding;
}

// REALTIME is read before MONOTONIC, so that MONOTONIC was less then.
Interval RealMono(const ClockReading& reading, absl::Duration reach) {
  const absl::Duration shown = reading.realtime - reading.monotonic;
  return {shown - kRounding, shown + reach};
}

}  // namespace

LocalDifferences DifferencesOf(const ClockReading& reading) {
  const absl::Duration reach = ReachOf(reading);
  LocalDifferences d;
  d.real_mono = RealMono(reading, reach);
  // BOOTTIME is read after it.
  const absl::Duration boot_mono = reading.boottime - reading.monotonic;
  d.boot_mono = {boot_mono - reach, boot_mono + kRounding};
  d.mono_raw = Interval{reading.monotonic - reading.raw_after,
                        reading.monotonic - reading.raw_before}
                   .WidenedBy(kRounding);
  return d;
}

Interval RealMonoOf(const ClockReading& reading) {
  return RealMono(reading, ReachOf(reading));
}

}  // namespace noonmark
