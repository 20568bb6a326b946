#ifndef NOONMARK_HOST_SERVICE_FLEET_SERVER_H_
#define NOONMARK_HOST_SERVICE_FLEET_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"
#include "common/rpc/caller.h"
#include "common/time/clock.h"
#include "host/monitor/snapshot_board.h"
#include "host/service/operator.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace noonmark {

// The fleet API on a unix socket, mode 0660: who may connect may read; and
// order, where `orders` is given. Or on a network, over TLS.
class FleetServer {
 public:
  // What it serves; all must outlive it.
  struct Parts {
    SnapshotBoard& board;
    Clock& clock;
    std::string version;
    // Null: no orders are taken.
    Operator* orders = nullptr;
  };
  // `group`: that the socket is given to; empty, or one that this machine has
  // not: the process's own.
  //
  // Errors, with the path, the cause and what to do:
  //   kAlreadyExists       a live process listens there.
  //   kFailedPrecondition  the socket cannot be made.
  static absl::StatusOr<std::unique_ptr<FleetServer>> Listen(
      const std::string& path, const std::string& group, const Parts& parts);
  // On one address of a network, for those whom `credentials`
  // (common/rpc/tls_credentials.h) let in, as whom `callers` says: no call
  // comes without a certificate.
  //
  // Errors: kFailedPrecondition, with the address, and what to do.
  static absl::StatusOr<std::unique_ptr<FleetServer>> ListenOn(
      const Address& address,
      std::shared_ptr<grpc::ServerCredentials> credentials,
      CallerByIdentity callers, const Parts& parts);
  // The port of ListenOn(), which the kernel chose where it was 0.
  int port() const;
  // Ends all calls.
  ~FleetServer();
  FleetServer(const FleetServer&) = delete;
  FleetServer& operator=(const FleetServer&) = delete;

 private:
  struct State;
  explicit FleetServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_FLEET_SERVER_H_
