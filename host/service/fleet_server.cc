#include "host/service/fleet_server.h"

#include <grp.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/caller.h"
#include "common/runtime/unix_socket.h"
#include "host/service/fleet_service.h"

namespace noonmark {
namespace {

// Absent: there is none of that name here.
std::optional<gid_t> GroupOf(const std::string& name) {
  group entry = {};
  group* found = nullptr;
  std::vector<char> buffer(16 << 10);
  if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) !=
          0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return entry.gr_gid;
}

// Gives the socket at `path` to a group; absent: our own, which it has not
// where the folder hands its own group on (S_ISGID). That is also how a
// noonmarkd in a namespace of users of its own, which knows of no other group,
// has operators'.
absl::Status GiveTo(const std::string& path, std::optional<gid_t> group) {
  if (chown(path.c_str(), static_cast<uid_t>(-1), group.value_or(getegid())) ==
      0) {
    return absl::OkStatus();
  }
  const int error = errno;
  struct stat folder = {}, socket = {};
  // EINVAL: a group that this namespace does not know.
  if (error == EINVAL && group.has_value() &&
      stat(path.substr(0, path.rfind('/') + 1).c_str(), &folder) == 0 &&
      stat(path.c_str(), &socket) == 0 && (folder.st_mode & S_ISGID) != 0 &&
      socket.st_gid == folder.st_gid) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot be given to its group: ", std::strerror(error),
      "; let noonmarkd's user be a member of it, or the folder hand it on: "
      "chgrp GROUP FOLDER && chmod g+s FOLDER"));
}

}  // namespace

struct FleetServer::State {
  State(const Parts& parts, Caller local, CallerByIdentity callers)
      : service(parts.board, parts.clock, parts.version, parts.orders, local,
                std::move(callers)) {}

  // Listens; null: it cannot.
  void Start(const std::string& address,
             const std::shared_ptr<grpc::ServerCredentials>& credentials);

  std::optional<UnixSocketClaim> socket;
  FleetService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

void FleetServer::State::Start(
    const std::string& address,
    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials, &port);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(64 << 10);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 4 << 10);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 64);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  // Between bind and chmod nobody else may connect.
  const mode_t before = umask(0177);
  server = builder.BuildAndStart();
  umask(before);
}

FleetServer::FleetServer(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

FleetServer::~FleetServer() {
  state_->service.Stop();
  // A deadline that has passed: what still runs is cancelled. Not a
  // std::chrono time before 1970, which gRPC takes for one that never comes.
  state_->server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

int FleetServer::port() const { return state_->port; }

absl::StatusOr<std::unique_ptr<FleetServer>> FleetServer::ListenOn(
    const Address& address,
    std::shared_ptr<grpc::ServerCredentials> credentials,
    CallerByIdentity callers, const Parts& parts) {
  auto state =
      std::make_unique<State>(parts, Caller::kNobody, std::move(callers));
  state->Start(address.ToString(), credentials);
  if (state->server == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        address.ToString(),
        ": cannot listen there; let it be an address of this machine with a "
        "port that nobody has, or choose another with daemon.network"));
  }
  return std::unique_ptr<FleetServer>(new FleetServer(std::move(state)));
}

absl::StatusOr<std::unique_ptr<FleetServer>> FleetServer::Listen(
    const std::string& path, const std::string& group, const Parts& parts) {
  absl::StatusOr<UnixSocketClaim> claim = UnixSocketClaim::Take(path);
  if (!claim.ok()) return claim.status();
  // By which of the two sockets somebody comes.
  const Caller local =
      parts.orders != nullptr ? Caller::kOperatorSocket : Caller::kReadSocket;
  auto state = std::make_unique<State>(parts, local, CallerByRole);
  state->socket = *std::move(claim);
  // Takes none but local peers, and of them what the table has for this socket.
  const std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::LocalServerCredentials(UDS);
  credentials->SetAuthMetadataProcessor(AskTable(local, CallerByRole));
  state->Start("unix:" + path, credentials);
  if (state->server == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "unix:", path,
        ": cannot listen there; see to the folder and its rights, or choose "
        "another place with daemon.listen"));
  }
  const std::optional<gid_t> owner = GroupOf(group);
  if (absl::Status given = GiveTo(path, owner); !given.ok()) {
    return absl::Status(
        given.code(),
        absl::StrCat("unix:", path, ", ", owner.has_value() ? group : "own",
                     ": ", std::string(given.message())));
  }
  if (absl::Status status = state->socket->Restrict(0660); !status.ok()) {
    return status;
  }
  return std::unique_ptr<FleetServer>(new FleetServer(std::move(state)));
}

}  // namespace noonmark
