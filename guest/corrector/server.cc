#include "guest/corrector/server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

constexpr int kBacklog = 8;

absl::StatusOr<int> ListenAt(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  int error = ENAMETOOLONG;
  if (path.size() < sizeof address.sun_path) {
    std::memcpy(address.sun_path, path.data(), path.size());
    const int file =
        socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file >= 0 &&
        bind(file, reinterpret_cast<sockaddr*>(&address), sizeof address) ==
            0 &&
        listen(file, kBacklog) == 0) {
      return file;
    }
    error = errno;
    if (file >= 0) close(file);
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot listen at ", path, ": ", strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CorrectorServer>> CorrectorServer::Listen(
    EventLoop* loop, const std::string& path, std::set<uid_t> users,
    Handlers handlers) {
  absl::StatusOr<UnixSocketClaim> claim = UnixSocketClaim::Take(path);
  if (!claim.ok()) return claim.status();
  const absl::StatusOr<int> socket = ListenAt(path);
  if (!socket.ok()) return socket.status();
  if (absl::Status status = claim->Restrict(0660); !status.ok()) {
    close(*socket);
    return status;
  }
  return std::unique_ptr<CorrectorServer>(new CorrectorServer(
      loop, *std::move(claim), *socket, std::move(users), std::move(handlers)));
}

CorrectorServer::CorrectorServer(EventLoop* loop, UnixSocketClaim claim,
                                 int socket, std::set<uid_t> users,
                                 Handlers handlers)
    : loop_(loop),
      claim_(std::move(claim)),
      socket_(socket),
      users_(std::move(users)),
      handlers_(std::move(handlers)),
      source_(loop->WhenReadable(socket, [this] { Accept(); })) {}

CorrectorServer::~CorrectorServer() {
  source_.Stop();
  while (!connections_.empty()) Close(connections_.begin()->first);
  close(socket_);
}

void CorrectorServer::Accept() {
  const int socket =
      accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return;
  if (!MayAsk(socket) || connections_.size() >= kMostConnections) {
    close(socket);
    return;
  }
  const uint64_t id = next_++;
  Connection& connection = connections_[id];
  connection.socket = socket;
  connection.source = loop_->WhenReadable(socket, [this, id] { Receive(id); });
}

bool CorrectorServer::MayAsk(int socket) const {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  if (users_.contains(peer.uid)) return true;
  LogWarning(absl::StrCat("user ", peer.uid, " may give no orders"));
  return false;
}

void CorrectorServer::Receive(uint64_t connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  std::array<char, kRequestBytes + 1> buffer;
  const ssize_t size =
      recv(found->second.socket, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return Close(connection);
  const absl::StatusOr<CorrectorRequest> request =
      DecodeRequest({buffer.data(), static_cast<size_t>(size)});
  if (!request.ok()) {
    LogWarning(std::string(request.status().message()));
    return Close(connection);
  }
  Take(connection, *request);
}

void CorrectorServer::Take(uint64_t connection,
                           const CorrectorRequest& request) {
  if (const auto* reload = std::get_if<ReloadRequest>(&request.what)) {
    return Send(connection,
                {request.number, handlers_.reload(reload->profile)});
  }
  const uint64_t token = next_++;
  asked_[token] = {.connection = connection, .number = request.number};
  handlers_.order(std::get<Order>(request.what), token);
}

void CorrectorServer::Answer(uint64_t token, const OperationStatus& status) {
  const auto found = asked_.find(token);
  if (found == asked_.end()) return;
  const Asked asked = found->second;
  asked_.erase(found);
  Send(asked.connection, {asked.number, status});
}

void CorrectorServer::Send(uint64_t connection, const CorrectorAnswer& answer) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const std::string packet = EncodeAnswer(answer);
  // One that does not read its answers gets no more of them.
  if (send(found->second.socket, packet.data(), packet.size(), MSG_NOSIGNAL) <
      0) {
    Close(connection);
  }
}

void CorrectorServer::Close(uint64_t connection) {
  const auto found = connections_.find(connection);
  found->second.source.Stop();
  close(found->second.socket);
  connections_.erase(found);
  std::erase_if(asked_, [connection](const auto& asked) {
    return asked.second.connection == connection;
  });
}

}  // namespace noonmark
