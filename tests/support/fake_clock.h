#ifndef NOONMARK_TESTS_SUPPORT_FAKE_CLOCK_H_
#define NOONMARK_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <cstdint>
#include <mutex>

#include "absl/time/time.h"
#include "common/time/clock.h"

namespace noonmark::testing {

// All clocks of an imaginary machine; nothing moves but by a call. Any thread.
class FakeClock : public Clock {
 public:
  // A machine that has been up for 1000 s, at 2025-01-01 00:00:00 UTC.
  FakeClock() {
    now_.raw_before = now_.raw_after = now_.monotonic = now_.boottime =
        absl::Seconds(1000);
    now_.realtime = absl::Seconds(1'735'689'600);
  }

  // The bracket is empty, or as wide as SetBracket() says.
  ClockReading Read() override {
    std::lock_guard lock(mutex_);
    ++reads_;
    ClockReading reading = now_;
    reading.raw_after += bracket_;
    // Whole nanoseconds, rounded down, as a kernel gives them.
    for (absl::Duration* clock :
         {&reading.raw_before, &reading.realtime, &reading.monotonic,
          &reading.boottime, &reading.raw_after}) {
      *clock = absl::Floor(*clock, absl::Nanoseconds(1));
    }
    return reading;
  }
  MonotonicTime Now() override {
    std::lock_guard lock(mutex_);
    return MonotonicTime::FromReading(
        absl::Floor(now_.monotonic, absl::Nanoseconds(1)));
  }

  // `true_time` passes: RAW runs by it and the rate error, the others besides
  // by the slew.
  void Advance(absl::Duration true_time) {
    std::lock_guard lock(mutex_);
    const absl::Duration raw = true_time + Share(true_time, rate_error_ppb_);
    MoveRaw(raw);
    MoveSlewed(raw + Share(raw, slew_ppb_));
  }
  // REALTIME alone, > 0: forward. Somebody set the clock.
  void Step(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_.realtime += by;
  }
  // RAW, MONOTONIC, BOOTTIME and REALTIME together: the counter leapt.
  void Leap(absl::Duration by) {
    std::lock_guard lock(mutex_);
    MoveRaw(by);
    MoveSlewed(by);
  }
  // REALTIME and BOOTTIME go on while RAW and MONOTONIC stand: save and
  // restore on Xen, suspend to RAM.
  void Sleep(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_.realtime += by;
    now_.boottime += by;
  }

  // In parts per 10^9; > 0: fast. From now on.
  void SetRateError(int64_t ppb) {
    std::lock_guard lock(mutex_);
    rate_error_ppb_ = ppb;
  }
  // REALTIME, MONOTONIC and BOOTTIME against RAW, as adjtimex slews.
  void SetSlew(int64_t ppb) {
    std::lock_guard lock(mutex_);
    slew_ppb_ = ppb;
  }
  void SetBracket(absl::Duration bracket) {
    std::lock_guard lock(mutex_);
    bracket_ = bracket;
  }
  void Set(const ClockReading& now) {
    std::lock_guard lock(mutex_);
    now_ = now;
    now_.raw_after = now.raw_before;
    bracket_ = now.raw_after - now.raw_before;
  }

  int64_t reads() const {
    std::lock_guard lock(mutex_);
    return reads_;
  }

 private:
  static absl::Duration Share(absl::Duration d, int64_t ppb) {
    return d * ppb / 1'000'000'000;
  }
  void MoveRaw(absl::Duration by) {
    now_.raw_before += by;
    now_.raw_after += by;
  }
  void MoveSlewed(absl::Duration by) {
    now_.realtime += by;
    now_.monotonic += by;
    now_.boottime += by;
  }

  mutable std::mutex mutex_;
  ClockReading now_;  // the bracket empty
  absl::Duration bracket_;
  int64_t rate_error_ppb_ = 0;
  int64_t slew_ppb_ = 0;
  int64_t reads_ = 0;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_FAKE_CLOCK_H_
