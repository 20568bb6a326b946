#ifndef NOONMARK_COMMON_RUNTIME_TIMER_SLACK_H_
#define NOONMARK_COMMON_RUNTIME_TIMER_SLACK_H_

#include "absl/time/time.h"

namespace noonmark {

// While it lives, what the calling thread waits for by a timeout may come late
// by so much, when something else wakes the processor anyhow: waking one that
// sleeps is dear. Threads that are started meanwhile keep it for good, and so
// do those that they start. A timerfd is never late for it.
class TimerSlack {
 public:
  // `slack` > 0.
  explicit TimerSlack(absl::Duration slack);
  ~TimerSlack();
  TimerSlack(const TimerSlack&) = delete;
  TimerSlack& operator=(const TimerSlack&) = delete;

 private:
  const int before_;  // ns
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_TIMER_SLACK_H_
