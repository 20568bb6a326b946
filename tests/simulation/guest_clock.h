#ifndef NOONMARK_TESTS_SIMULATION_GUEST_CLOCK_H_
#define NOONMARK_TESTS_SIMULATION_GUEST_CLOCK_H_

#include <algorithm>

#include "absl/time/time.h"
#include "common/time/clock.h"

namespace noonmark::simulation {

// UTC as the virtual world begins.
inline constexpr absl::Duration kUtcAtStart = absl::Seconds(1'795'000'000);

// A guest's clocks, to the nanosecond. `time`: true time, which never goes back
// from call to call.
class GuestClock {
 public:
  explicit GuestClock(absl::Duration offset)
      : boot_base_(absl::Hours(1)),
        real_minus_boot_(kUtcAtStart + offset - boot_base_) {}

  absl::Duration Boottime(absl::Duration time) const {
    return boot_base_ + (frozen_ ? absl::ZeroDuration() : time - since_) +
           Slewed(time);
  }
  // REALTIME minus UTC.
  absl::Duration Offset(absl::Duration time) const {
    return Boottime(time) + real_minus_boot_ - (kUtcAtStart + time);
  }
  absl::Duration RealMinusBoot() const { return real_minus_boot_; }
  absl::Duration SlewLeft(absl::Duration time) const {
    return slew_amount_ - Slewed(time);
  }
  ClockReading Read(absl::Duration time) const {
    ClockReading reading;
    // It stands while the guest does.
    reading.raw_before =
        raw_base_ + (frozen_ ? absl::ZeroDuration() : time - since_);
    reading.boottime = Boottime(time);
    reading.monotonic = reading.boottime;
    reading.realtime = reading.boottime + real_minus_boot_;
    reading.raw_after = reading.raw_before + absl::Microseconds(20);
    return reading;
  }

  void Set(absl::Duration by, absl::Duration time) {
    Rebase(time);
    real_minus_boot_ += by;
  }
  void BeginSlew(absl::Duration amount, absl::Duration time) {
    Rebase(time);
    slew_amount_ = amount;
    slew_since_ = time;
  }
  void Freeze(absl::Duration time) {
    Rebase(time);
    frozen_ = true;
    frozen_at_ = time;
  }
  // `counts`: the kernel saw that it slept.
  void Thaw(bool counts, absl::Duration time) {
    frozen_ = false;
    if (counts) boot_base_ += time - frozen_at_;
    since_ = time;
  }
  void Boot(absl::Duration offset, absl::Duration time) {
    *this = GuestClock(offset);
    boot_base_ = absl::ZeroDuration();
    since_ = time;
    real_minus_boot_ = kUtcAtStart + time + offset;
  }

 private:
  absl::Duration Slewed(absl::Duration time) const {
    if (slew_amount_ == absl::ZeroDuration()) return absl::ZeroDuration();
    const absl::Duration most = (time - slew_since_) / 2000;  // 500 ppm
    return slew_amount_ > absl::ZeroDuration() ? std::min(slew_amount_, most)
                                               : std::max(slew_amount_, -most);
  }
  // So far, and no slew any more.
  void Rebase(absl::Duration time) {
    if (!frozen_) raw_base_ += time - since_;
    boot_base_ = Boottime(time);
    since_ = time;
    slew_amount_ = absl::ZeroDuration();
  }

  absl::Duration boot_base_;
  absl::Duration raw_base_ = absl::Hours(2);
  absl::Duration since_;
  absl::Duration real_minus_boot_;
  absl::Duration slew_amount_;
  absl::Duration slew_since_;
  bool frozen_ = false;
  absl::Duration frozen_at_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_GUEST_CLOCK_H_
