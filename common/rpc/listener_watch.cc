#include "common/rpc/listener_watch.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(1);

absl::Status Failure(const Address& address, const std::string& why) {
  return absl::UnavailableError(
      absl::StrCat("the own listener at ", address.ToString(), ": ", why));
}

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
};

// Size 0: it is none by number.
SocketAddress Resolve(const Address& address) {
  SocketAddress resolved;
  if (address.IsUnix()) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.path.data(), address.path.size());
    std::memcpy(&resolved.storage, &name, sizeof name);
    resolved.size = sizeof name;
    return resolved;
  }
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(),
                  &hints, &found) != 0) {
    return resolved;
  }
  std::memcpy(&resolved.storage, found->ai_addr, found->ai_addrlen);
  resolved.size = found->ai_addrlen;
  freeaddrinfo(found);
  return resolved;
}

// Waits for one of these events, or an error that the next call tells.
bool Await(int file, short events, absl::Duration limit) {
  pollfd waited = {.fd = file, .events = events, .revents = 0};
  return poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) >
         0;
}

}  // namespace

absl::Status ProbeListener(const Address& address, absl::Duration limit) {
  const SocketAddress to = Resolve(address);
  if (to.size == 0) return Failure(address, "is no address by number");
  const int file = socket(to.storage.ss_family,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file < 0) return Failure(address, std::strerror(errno));
  const absl::Cleanup close_file = [file] { close(file); };
  if (connect(file, reinterpret_cast<const sockaddr*>(&to.storage), to.size) !=
      0) {
    if (errno != EINPROGRESS) return Failure(address, std::strerror(errno));
    if (!Await(file, POLLOUT, limit)) {
      return Failure(address, "takes no connection");
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
    if (error != 0) return Failure(address, std::strerror(error));
  }
  if (shutdown(file, SHUT_WR) != 0) {
    return Failure(address, std::strerror(errno));
  }
  if (!Await(file, POLLIN, limit)) return Failure(address, "gives no answer");
  return absl::OkStatus();
}

ListenerWatch::ListenerWatch(std::vector<Address> addresses, Pace pace,
                             Probe probe,
                             std::function<void(const absl::Status&)> dead)
    : thread_([this, addresses = std::move(addresses), pace,
               probe = std::move(probe), dead = std::move(dead)] {
        Watch(addresses, pace, probe, dead);
      }) {}

ListenerWatch::ListenerWatch(std::vector<Address> addresses,
                             std::function<void(const absl::Status&)> dead)
    : ListenerWatch(
          std::move(addresses), Pace(),
          [](const Address& address) { return ProbeListener(address, kLimit); },
          std::move(dead)) {}

ListenerWatch::~ListenerWatch() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void ListenerWatch::Watch(
    const std::vector<Address>& addresses, Pace pace, const Probe& probe,
    const std::function<void(const absl::Status&)>& dead) {
  std::vector<int> failures(addresses.size());
  bool well = true;
  while (Wait(well ? pace.every : pace.again)) {
    well = true;
    for (size_t i = 0; i < addresses.size(); ++i) {
      const absl::Status status = probe(addresses[i]);
      failures[i] = status.ok() ? 0 : failures[i] + 1;
      if (failures[i] == pace.failures) return dead(status);
      well = well && status.ok();
    }
  }
}

bool ListenerWatch::Wait(absl::Duration time) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(time);
  const MutexLock lock(mutex_);
  while (!over_) {
    if (changed_.wait_until(mutex_, end) == std::cv_status::timeout) break;
  }
  return !over_;
}

}  // namespace noonmark
