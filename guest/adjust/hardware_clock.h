#ifndef NOONMARK_GUEST_ADJUST_HARDWARE_CLOCK_H_
#define NOONMARK_GUEST_ADJUST_HARDWARE_CLOCK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace noonmark {

// Whether hwclock's file says that the hardware clock keeps local time. Without
// a file it keeps UTC.
bool HardwareClockKeepsLocalTime(const std::string& adjtime_file);

// Sets the hardware clock to a moment since 1970-01-01 UTC, to the nearest
// second. Errors: as of ClockAdjuster::SetHardwareClock().
absl::Status SetHardwareClockTo(
    absl::Duration realtime, const std::string& device = "/dev/rtc0",
    const std::string& adjtime_file = "/etc/adjtime");

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_HARDWARE_CLOCK_H_
