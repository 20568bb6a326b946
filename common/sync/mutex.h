#ifndef NOONMARK_COMMON_SYNC_MUTEX_H_
#define NOONMARK_COMMON_SYNC_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace noonmark {

// std::mutex with clang's thread annotations. Not absl::Mutex: Debian's is not
// built for ThreadSanitizer, which then reports races where there are none.
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

  // For std::condition_variable_any, which gives it back as it took it.
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { Lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { Unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_SYNC_MUTEX_H_
