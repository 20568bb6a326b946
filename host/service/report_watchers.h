#ifndef NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_
#define NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_

#include "common/time/clock.h"
#include "host/service/watchers.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// All WatchReport calls of a daemon: the report as it is, and after each
// change.
class ReportWatchers {
 public:
  ReportWatchers(SnapshotBoard& board, Clock& clock);

  // See Watchers.
  grpc::ServerWriteReactor<v1::WatchReportResponse>* Add();
  void Stop() { watchers_.Stop(); }

 private:
  Clock& clock_;
  Watchers<v1::WatchReportResponse> watchers_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_REPORT_WATCHERS_H_
