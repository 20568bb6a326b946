#ifndef NOONMARK_GUEST_WATCH_JUMP_LOG_H_
#define NOONMARK_GUEST_WATCH_JUMP_LOG_H_

#include "common/estimate/jump_report.h"
#include "common/sync/mutex.h"

namespace noonmark {

// Where the watch leaves what logs said and the answers pick it up. Any thread;
// nobody holds it for long.
class JumpLog {
 public:
  void Add(const ToldJump& told) {
    MutexLock lock(mutex_);
    report_.Add(told);
  }
  JumpReport Read() const {
    MutexLock lock(mutex_);
    return report_;
  }

 private:
  mutable Mutex mutex_;
  JumpReport report_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_WATCH_JUMP_LOG_H_
