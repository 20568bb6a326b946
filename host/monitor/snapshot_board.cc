#include "host/monitor/snapshot_board.h"

namespace noonmark {

uint64_t SnapshotBoard::WaitForNewer(uint64_t seen) const {
  MutexLock lock(mutex_);
  while (!closed_ && edition_ == seen) changed_.wait(mutex_);
  return closed_ ? seen : edition_;
}

void SnapshotBoard::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace noonmark
