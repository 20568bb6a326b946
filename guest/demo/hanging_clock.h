#ifndef NOONMARK_GUEST_DEMO_HANGING_CLOCK_H_
#define NOONMARK_GUEST_DEMO_HANGING_CLOCK_H_

#include <condition_variable>
#include <mutex>
#include <optional>

#include "common/time/clock.h"

namespace noonmark {

// Another clock, whose reading hangs from a moment on, and whoever reads it: an
// agent that is there and answers nothing.
class HangingClock : public Clock {
 public:
  // `clock` is what is read, `real` says when it is time. Absent: never. Both
  // must outlive it.
  HangingClock(Clock* clock, Clock* real, std::optional<MonotonicTime> from)
      : clock_(clock), real_(real), from_(from) {}

  ClockReading Read() override {
    if (from_.has_value() && real_->Now() >= *from_) {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [this] { return end_; });
    }
    return clock_->Read();
  }
  MonotonicTime Now() override { return clock_->Now(); }

  // Any thread. Nothing hangs from now on.
  void End() {
    const std::lock_guard lock(mutex_);
    end_ = true;
    ended_.notify_all();
  }

 private:
  Clock* const clock_;
  Clock* const real_;
  const std::optional<MonotonicTime> from_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_HANGING_CLOCK_H_
