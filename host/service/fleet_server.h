#ifndef NOONMARK_HOST_SERVICE_FLEET_SERVER_H_
#define NOONMARK_HOST_SERVICE_FLEET_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "host/monitor/snapshot_board.h"

namespace noonmark {

// The fleet API on a unix socket, mode 0660: who may connect may read.
class FleetServer {
 public:
  // `board` and `clock` must outlive the server.
  //
  // Errors, with the path, the cause and what to do:
  //   kAlreadyExists       a live process listens there.
  //   kFailedPrecondition  the socket cannot be made.
  static absl::StatusOr<std::unique_ptr<FleetServer>> Listen(
      const std::string& path, SnapshotBoard& board, Clock& clock,
      const std::string& version);
  // Ends all calls.
  ~FleetServer();
  FleetServer(const FleetServer&) = delete;
  FleetServer& operator=(const FleetServer&) = delete;

 private:
  struct Parts;
  explicit FleetServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_FLEET_SERVER_H_
