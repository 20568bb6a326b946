#include "guest/adjust/offset_file_clock.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/correct/limits.h"
#include "guest/adjust/timex_request.h"

namespace noonmark {

absl::Duration OffsetFileClock::Offset() const {
  std::ifstream file(path_);
  std::string text;
  if (!(file >> text)) return absl::ZeroDuration();
  absl::Duration offset;
  return absl::ParseDuration(text + "s", &offset) ? offset
                                                  : absl::ZeroDuration();
}

absl::Status OffsetFileClock::Write(absl::Duration offset) const {
  const int64_t microseconds = absl::ToInt64Microseconds(offset);
  const std::string fresh = path_ + ".new";
  std::ofstream file(fresh);
  file << absl::StrFormat("%c%d.%06d\n", microseconds < 0 ? '-' : '+',
                          std::abs(microseconds) / 1'000'000,
                          std::abs(microseconds) % 1'000'000);
  file.close();
  if (!file || std::rename(fresh.c_str(), path_.c_str()) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot write ", path_, ": ", strerror(errno)));
  }
  return absl::OkStatus();
}

// 500 ppm since the last time.
void OffsetFileClock::GoOnSlewing() {
  if (slew_left_ == absl::ZeroDuration()) return;
  const MonotonicTime now = base_->Now();
  const absl::Duration due =
      absl::Trunc((now - slewed_until_) / 2000, absl::Microseconds(1));
  if (due <= absl::ZeroDuration()) return;
  const absl::Duration by = std::clamp(slew_left_, -due, due);
  if (!Write(Offset() + by).ok()) return;
  slew_left_ -= by;
  slewed_until_ = now;
}

ClockReading OffsetFileClock::Read() {
  GoOnSlewing();
  ClockReading reading = base_->Read();
  reading.realtime += Offset();
  return reading;
}

absl::Status OffsetFileClock::Step(absl::Duration amount) {
  const absl::StatusOr<timex> request =
      StepRequest(amount, Read(), CorrectionLimits().realtime_end);
  if (!request.ok()) return request.status();
  slew_left_ = absl::ZeroDuration();  // as the kernel does
  return Write(Offset() + absl::Seconds(request->time.tv_sec) +
               absl::Microseconds(request->time.tv_usec));
}

absl::Status OffsetFileClock::Slew(absl::Duration amount) {
  const absl::StatusOr<timex> request = SlewRequest(amount);
  if (!request.ok()) return request.status();
  GoOnSlewing();
  slew_left_ = absl::Microseconds(request->offset);
  slewed_until_ = base_->Now();
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> OffsetFileClock::SlewLeft() {
  GoOnSlewing();
  return slew_left_;
}

absl::Status OffsetFileClock::SetHardwareClock() {
  return absl::NotFoundError("a file has no hardware clock");
}

}  // namespace noonmark
