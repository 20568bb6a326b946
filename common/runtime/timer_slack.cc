#include "common/runtime/timer_slack.h"

#include <sys/prctl.h>

namespace noonmark {

TimerSlack::TimerSlack(absl::Duration slack)
    : before_(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) {
  prctl(PR_SET_TIMERSLACK,
        static_cast<unsigned long>(absl::ToInt64Nanoseconds(slack)), 0, 0, 0);
}

TimerSlack::~TimerSlack() {
  // 0 would mean the thread's default, which is what it was.
  prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_), 0, 0, 0);
}

}  // namespace noonmark
