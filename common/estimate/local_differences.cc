#include "common/estimate/local_differences.h"

#include "absl/time/time.h"

namespace noonmark {
namespace {

// Clocks give whole nanoseconds, rounded down.
constexpr absl::Duration kRounding = absl::Nanoseconds(1);

}  // namespace

LocalDifferences DifferencesOf(const ClockReading& reading) {
  // What the other clocks can advance within the bracket: they may be slewed
  // by up to 11 % against RAW.
  const absl::Duration bracket =
      (reading.raw_after - reading.raw_before) * 111 / 100 + kRounding;
  const absl::Duration real_mono = reading.realtime - reading.monotonic;
  const absl::Duration boot_mono = reading.boottime - reading.monotonic;
  LocalDifferences d;
  // REALTIME is read before MONOTONIC, so that MONOTONIC was less then.
  d.real_mono = Interval{real_mono, real_mono + bracket}.WidenedBy(kRounding);
  // BOOTTIME is read after it.
  d.boot_mono = Interval{boot_mono - bracket, boot_mono}.WidenedBy(kRounding);
  d.mono_raw = Interval{reading.monotonic - reading.raw_after,
                        reading.monotonic - reading.raw_before}
                   .WidenedBy(kRounding);
  return d;
}

}  // namespace noonmark
