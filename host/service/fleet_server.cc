#include "host/service/fleet_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/unix_socket.h"
#include "host/service/fleet_service.h"

namespace noonmark {

struct FleetServer::Parts {
  Parts(UnixSocketClaim claim, SnapshotBoard& board, Clock& clock,
        const std::string& version)
      : socket(std::move(claim)), service(board, clock, version) {}

  UnixSocketClaim socket;
  FleetService service;
  std::unique_ptr<grpc::Server> server;
};

FleetServer::FleetServer(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

FleetServer::~FleetServer() {
  parts_->service.Stop();
  // A deadline that has passed: what still runs is cancelled. Not a
  // std::chrono time before 1970, which gRPC takes for one that never comes.
  parts_->server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

absl::StatusOr<std::unique_ptr<FleetServer>> FleetServer::Listen(
    const std::string& path, SnapshotBoard& board, Clock& clock,
    const std::string& version) {
  absl::StatusOr<UnixSocketClaim> claim = UnixSocketClaim::Take(path);
  if (!claim.ok()) return claim.status();
  auto parts =
      std::make_unique<Parts>(*std::move(claim), board, clock, version);

  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  builder.RegisterService(&parts->service);
  builder.SetMaxReceiveMessageSize(64 << 10);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 4 << 10);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 64);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  // Between bind and chmod nobody else may connect.
  const mode_t before = umask(0177);
  parts->server = builder.BuildAndStart();
  umask(before);
  if (parts->server == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "unix:", path,
        ": cannot listen there; see to the folder and its rights, or choose "
        "another place with daemon.listen"));
  }
  if (absl::Status status = parts->socket.Restrict(0660); !status.ok()) {
    return status;
  }
  return std::unique_ptr<FleetServer>(new FleetServer(std::move(parts)));
}

}  // namespace noonmark
