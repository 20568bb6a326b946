#ifndef NOONMARK_HOST_SERVICE_OPERATION_WATCHERS_H_
#define NOONMARK_HOST_SERVICE_OPERATION_WATCHERS_H_

#include "common/time/clock.h"
#include "host/service/watchers.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// All WatchOperation calls of a daemon: the operation as it is, and after each
// change.
class OperationWatchers {
 public:
  OperationWatchers(SnapshotBoard& board, Clock& clock);

  // See Watchers. `request` is not kept. Ends with the operation; NOT_FOUND
  // where there is none, or another by now.
  grpc::ServerWriteReactor<v1::WatchOperationResponse>* Add(
      const v1::WatchOperationRequest& request);
  void Stop() { watchers_.Stop(); }

 private:
  Clock& clock_;
  Watchers<v1::WatchOperationResponse> watchers_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_OPERATION_WATCHERS_H_
