#include "guest/adjust/hardware_clock.h"

#include <fcntl.h>
#include <linux/rtc.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

absl::Status Failed(const std::string& device, int error) {
  const std::string message =
      absl::StrCat("the hardware clock ", device, ": ", strerror(error));
  if (error == ENOENT || error == ENODEV || error == ENXIO) {
    return absl::NotFoundError(message);
  }
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(message);
  }
  return absl::InternalError(message);
}

}  // namespace

// hwclock(8): the third line is UTC or LOCAL.
bool HardwareClockKeepsLocalTime(const std::string& adjtime_file) {
  std::ifstream file(adjtime_file);
  std::string line;
  for (int i = 0; i < 3; ++i) {
    if (!std::getline(file, line)) return false;
  }
  return line == "LOCAL";
}

absl::Status SetHardwareClockTo(absl::Duration realtime,
                                const std::string& device,
                                const std::string& adjtime_file) {
  if (HardwareClockKeepsLocalTime(adjtime_file)) {
    return absl::FailedPreconditionError(
        absl::StrCat(adjtime_file, " says that ", device,
                     " keeps local time: it is left as it is"));
  }
  // Reading is enough: the kernel asks for CAP_SYS_TIME.
  const int file = open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Failed(device, errno);
  const absl::Cleanup close_file = [file] { close(file); };
  const time_t seconds =
      absl::ToInt64Seconds(realtime + absl::Milliseconds(500));
  tm utc = {};
  if (gmtime_r(&seconds, &utc) == nullptr) return Failed(device, EINVAL);
  rtc_time time = {};
  time.tm_sec = utc.tm_sec;
  time.tm_min = utc.tm_min;
  time.tm_hour = utc.tm_hour;
  time.tm_mday = utc.tm_mday;
  time.tm_mon = utc.tm_mon;
  time.tm_year = utc.tm_year;
  if (ioctl(file, RTC_SET_TIME, &time) != 0) return Failed(device, errno);
  return absl::OkStatus();
}

}  // namespace noonmark
