#ifndef NOONMARK_HOST_MONITOR_SNAPSHOT_BOARD_H_
#define NOONMARK_HOST_MONITOR_SNAPSHOT_BOARD_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/sync/mutex.h"
#include "host/monitor/snapshot.h"

namespace noonmark {

// Where the monitor pins its newest snapshot and everybody reads it. Any
// thread; whoever publishes waits for nobody.
class SnapshotBoard {
 public:
  // Null until the first one is published.
  std::shared_ptr<const HostSnapshot> Latest() const {
    MutexLock lock(mutex_);
    return latest_;
  }

  void Publish(std::shared_ptr<const HostSnapshot> snapshot) {
    {
      MutexLock lock(mutex_);
      latest_ = std::move(snapshot);
      ++edition_;
    }
    changed_.notify_all();
  }

  // Blocks until an edition newer than `seen` is there, or Close(); returns its
  // number, or `seen`.
  uint64_t WaitForNewer(uint64_t seen) const;

  // Ends all waiting, for good.
  void Close();

 private:
  mutable Mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::shared_ptr<const HostSnapshot> latest_ ABSL_GUARDED_BY(mutex_);
  uint64_t edition_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_SNAPSHOT_BOARD_H_
