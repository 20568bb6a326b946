#ifndef NOONMARK_GUEST_HUNTER_HUNT_LOG_H_
#define NOONMARK_GUEST_HUNTER_HUNT_LOG_H_

#include "common/estimate/glitch.h"
#include "common/sync/mutex.h"

namespace noonmark {

// Where the hunter leaves what it found and the answers pick it up. Any thread;
// nobody holds it for long.
class HuntLog {
 public:
  void Write(const HuntReport& report) {
    MutexLock lock(mutex_);
    report_ = report;
  }
  void ReadInto(HuntReport* report) const {
    MutexLock lock(mutex_);
    *report = report_;
  }

 private:
  mutable Mutex mutex_;
  HuntReport report_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_HUNTER_HUNT_LOG_H_
