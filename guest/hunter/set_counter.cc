#include "guest/hunter/set_counter.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

namespace noonmark {

SetCounter::SetCounter()
    : timer_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
  Arm();
}

SetCounter::~SetCounter() {
  if (timer_ >= 0) close(timer_);
}

uint64_t SetCounter::Count() {
  uint64_t expirations;
  if (read(timer_, &expirations, sizeof(expirations)) < 0 && errno == EAGAIN) {
    return count_;
  }
  ++count_;
  Arm();
  return count_;
}

void SetCounter::Arm() {
  itimerspec never = {};
  never.it_value.tv_sec = std::numeric_limits<time_t>::max();
  // Where the clock was set just now it fails and is armed even so.
  if (timerfd_settime(timer_, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                      &never, nullptr) < 0) {
    ++count_;
  }
}

}  // namespace noonmark
