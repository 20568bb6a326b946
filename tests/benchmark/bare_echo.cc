#include "tests/benchmark/bare_echo.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "common/runtime/system_clock.h"
#include "tests/support/signal_child.h"

namespace noonmark::benchmarks {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::exit(1);
}

struct Message {
  int64_t sequence;
  int64_t received_ns;  // T2
  int64_t sent_ns;      // T3
  int64_t unused;
};

int64_t NowNs() {
  return absl::ToInt64Nanoseconds(SystemClock().Now().Reading());
}

bool Send(int fd, const Message& message) {
  return send(fd, &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
}
bool Receive(int fd, Message* message) {
  return recv(fd, message, sizeof *message, MSG_WAITALL) == sizeof *message;
}

// The ends of a connection.
struct Pair {
  int client;
  int server;
};

Pair Connected(EchoKind kind) {
  if (kind == EchoKind::kUnixStream) {
    int ends[2];
    Require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    return {ends[0], ends[1]};
  }
  const int type = kind == EchoKind::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto bound = [type](sockaddr_in address) {
    const int fd = socket(AF_INET, type, 0);
    Require(
        bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
        "bind");
    return fd;
  };
  const auto name = [](int fd) {
    sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return address;
  };
  const auto connected = [](int fd, sockaddr_in address) {
    Require(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
        "connect");
  };
  Pair pair = {bound(to), bound(to)};
  if (kind == EchoKind::kUdp) {
    connected(pair.client, name(pair.server));
    connected(pair.server, name(pair.client));
    return pair;
  }
  Require(listen(pair.server, 1) == 0, "listen");
  connected(pair.client, name(pair.server));
  const int accepted = accept(pair.server, nullptr, nullptr);
  close(pair.server);
  pair.server = accepted;
  const int on = 1;
  for (int fd : {pair.client, pair.server}) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return pair;
}

[[noreturn]] void Serve(int fd) {
  Message message;
  while (Receive(fd, &message)) {
    message.received_ns = NowNs();
    message.sent_ns = NowNs();
    if (!Send(fd, message)) break;
  }
  _exit(0);
}

class BareEcho : public Transport {
 public:
  explicit BareEcho(EchoKind kind) : kind_(kind) {
    const Pair pair = Connected(kind);
    server_ = fork();
    Require(server_ >= 0, "fork");
    if (server_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(pair.client);
      Serve(pair.server);
    }
    close(pair.server);
    fd_ = pair.client;
  }
  ~BareEcho() override {
    close(fd_);
    testing::SignalChild(server_, SIGKILL);
    waitpid(server_, nullptr, 0);
  }

  std::string name() const override {
    switch (kind_) {
      case EchoKind::kTcp:
        return "bare TCP echo";
      case EchoKind::kUdp:
        return "bare UDP echo";
      case EchoKind::kUnixStream:
        return "bare unix echo";
    }
    std::abort();
  }
  pid_t server() const override { return server_; }

  std::vector<Burst> Run(int bursts, int length, absl::Duration gap) override {
    std::vector<Burst> result;
    Message message = {};
    for (int i = 0; i < bursts; ++i) {
      Burst& burst = result.emplace_back();
      burst.reserve(static_cast<size_t>(length));
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(gap));
      for (int j = 0; j < length; ++j) {
        ++message.sequence;
        const int64_t t1 = NowNs();
        Require(Send(fd_, message) && Receive(fd_, &message), "echo");
        const int64_t t4 = NowNs();
        burst.push_back({absl::Nanoseconds(message.sent_ns - t4),
                         absl::Nanoseconds(message.received_ns - t1)});
      }
    }
    return result;
  }

 private:
  const EchoKind kind_;
  pid_t server_;
  int fd_;
};

}  // namespace

std::unique_ptr<Transport> StartBareEcho(EchoKind kind) {
  return std::make_unique<BareEcho>(kind);
}

}  // namespace noonmark::benchmarks
