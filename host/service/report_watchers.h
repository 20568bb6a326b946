#ifndef NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_
#define NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <set>
#include <thread>

#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "host/monitor/snapshot_board.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// All WatchReport calls of a daemon: a thread of its own passes each new
// edition on, so that the monitor never writes to a client.
class ReportWatchers {
 public:
  ReportWatchers(SnapshotBoard& board, Clock& clock);
  ~ReportWatchers();

  // A call's reactor; it deletes itself. RESOURCE_EXHAUSTED beyond the limit.
  grpc::ServerWriteReactor<v1::WatchReportResponse>* Add();

  // Ends all calls and takes no more, so that a server can shut down.
  void Stop();

 private:
  class Watcher;

  void PassOn();
  void Remove(const std::shared_ptr<Watcher>& watcher);
  std::set<std::shared_ptr<Watcher>> All() const;

  SnapshotBoard& board_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::set<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_
