#ifndef NOONMARK_HOST_CLI_WATCH_H_
#define NOONMARK_HOST_CLI_WATCH_H_

#include <memory>

#include "absl/time/time.h"
#include "host/cli/dom0.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// The reports of a fleet as they change: one stream a dom0, opened again after
// a second when it breaks. For one thread.
class FleetWatch {
 public:
  // A dom0 that has said nothing `timeout` after it was asked is a row with an
  // error, until it does.
  FleetWatch(Targets targets, absl::Duration timeout);
  ~FleetWatch();
  FleetWatch(const FleetWatch&) = delete;
  FleetWatch& operator=(const FleetWatch&) = delete;

  // Returns when every dom0 has answered or failed, `timeout` at the latest.
  void WaitForFirst();
  // Sleeps for `length` on the monotonic clock.
  void Wait(absl::Duration length);

  // What is known at this moment. Ages are counted on from the arrival of each
  // report, so that a daemon that has stopped is seen by its samples' ages.
  v1::FleetReport Current();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_WATCH_H_
