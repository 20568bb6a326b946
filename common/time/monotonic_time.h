#ifndef NOONMARK_COMMON_TIME_MONOTONIC_TIME_H_
#define NOONMARK_COMMON_TIME_MONOTONIC_TIME_H_

#include "absl/time/time.h"

namespace noonmark {

// A moment on this machine's CLOCK_MONOTONIC: for schedules, hold-downs and
// staleness. Nobody can set it. It means nothing on another machine and after
// a reboot. Times that people read are CLOCK_REALTIME, which is what we
// measure and may jump.
class MonotonicTime {
 public:
  constexpr MonotonicTime() = default;

  // `since` is the clock's reading: time since its unspecified start.
  static MonotonicTime FromReading(absl::Duration since) {
    MonotonicTime time;
    time.since_ = since;
    return time;
  }

  // The clock's reading, as given to FromReading().
  absl::Duration Reading() const { return since_; }

  MonotonicTime& operator+=(absl::Duration d) {
    since_ += d;
    return *this;
  }
  friend MonotonicTime operator+(MonotonicTime t, absl::Duration d) {
    return t += d;
  }
  friend MonotonicTime operator-(MonotonicTime t, absl::Duration d) {
    return t += -d;
  }
  friend absl::Duration operator-(MonotonicTime a, MonotonicTime b) {
    return a.since_ - b.since_;
  }
  friend bool operator==(MonotonicTime a, MonotonicTime b) {
    return a.since_ == b.since_;
  }
  friend bool operator!=(MonotonicTime a, MonotonicTime b) { return !(a == b); }
  friend bool operator<(MonotonicTime a, MonotonicTime b) {
    return a.since_ < b.since_;
  }
  friend bool operator>(MonotonicTime a, MonotonicTime b) { return b < a; }
  friend bool operator<=(MonotonicTime a, MonotonicTime b) { return !(b < a); }
  friend bool operator>=(MonotonicTime a, MonotonicTime b) { return !(a < b); }

 private:
  absl::Duration since_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TIME_MONOTONIC_TIME_H_
