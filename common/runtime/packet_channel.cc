#include "common/runtime/packet_channel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/sync/mutex.h"

namespace noonmark {
namespace {

// That wait for the loop; more stay with the other side.
constexpr size_t kMostReceived = 256;

}  // namespace

absl::StatusOr<std::pair<PacketSocket, PacketSocket>> PacketSocket::Pair() {
  int files[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, files) != 0) {
    return absl::UnavailableError(
        absl::StrCat("socketpair: ", std::strerror(errno)));
  }
  return std::pair<PacketSocket, PacketSocket>(PacketSocket(files[0]),
                                               PacketSocket(files[1]));
}

PacketSocket::PacketSocket(PacketSocket&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}
PacketSocket& PacketSocket::operator=(PacketSocket&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}
PacketSocket::~PacketSocket() {
  if (file_ >= 0) close(file_);
}

// Held by the thread and by what was posted to the loop.
class PacketChannel::State : public std::enable_shared_from_this<State> {
 public:
  State(PacketSocket socket, Loop loop)
      : socket_(std::move(socket)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        loop_(std::move(loop)) {}

  void Send(std::string packet) {
    const MutexLock lock(mutex_);
    if (over_) return;
    if (waiting_.empty()) {
      const absl::Status sent = TrySend(packet);
      if (sent.ok()) return;
      // The thread finds an end by itself.
      if (!absl::IsResourceExhausted(sent)) return;
    }
    waiting_bytes_ += packet.size();
    if (waiting_bytes_ > kMostWaitingBytes) {
      End(absl::ResourceExhaustedError("it takes nothing of what it is sent"));
      return;
    }
    waiting_.push_back(std::move(packet));
    Wake();
  }

  // No function is called after this.
  void Abandon() {
    const MutexLock lock(mutex_);
    over_ = abandoned_ = true;
    Wake();
  }

  // The thread.
  void Run() {
    std::string buffer(kMostPacketBytes, '\0');
    while (true) {
      pollfd watched[] = {{socket_.file(), 0, 0}, {wake_.file(), POLLIN, 0}};
      {
        const MutexLock lock(mutex_);
        if (over_) return;
        if (received_.size() < kMostReceived) watched[0].events |= POLLIN;
        if (!waiting_.empty()) watched[0].events |= POLLOUT;
      }
      if (poll(watched, 2, -1) < 0) continue;  // a signal
      uint64_t count;
      if (watched[1].revents != 0 &&
          read(wake_.file(), &count, sizeof count) < 0) {
        continue;  // somebody else's turn of it
      }
      if ((watched[0].revents & POLLOUT) != 0) SendWaiting();
      if ((watched[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        Receive(buffer);
      }
    }
  }

 private:
  // kResourceExhausted: not now.
  absl::Status TrySend(const std::string& packet)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (send(socket_.file(), packet.data(), packet.size(),
             MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      return absl::OkStatus();
    }
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) {
      return absl::ResourceExhaustedError("");
    }
    return absl::UnavailableError(std::strerror(errno));
  }

  void SendWaiting() {
    const MutexLock lock(mutex_);
    while (!waiting_.empty()) {
      const absl::Status sent = TrySend(waiting_.front());
      if (absl::IsResourceExhausted(sent)) return;
      if (!sent.ok()) return End(sent);
      waiting_bytes_ -= waiting_.front().size();
      waiting_.pop_front();
    }
  }

  // All that is there, as far as there is room.
  void Receive(std::string& buffer) {
    while (true) {
      {
        const MutexLock lock(mutex_);
        if (over_ || received_.size() >= kMostReceived) return;
      }
      const ssize_t got =
          recv(socket_.file(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      const int error = errno;
      const MutexLock lock(mutex_);
      if (got < 0) {
        if (error == EAGAIN || error == EINTR) return;
        return End(absl::UnavailableError(std::strerror(error)));
      }
      // No side sends empty packets: this is the end.
      if (got == 0) return End(absl::UnavailableError("it is gone"));
      received_.emplace_back(buffer, 0, static_cast<size_t>(got));
      Post();
    }
  }

  // Has the loop take what came.
  void Post() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(posted_, true)) return;
    loop_.post([self = shared_from_this()] { self->Deliver(); });
  }

  // The loop's thread.
  void Deliver() {
    std::vector<std::string> packets;
    std::optional<absl::Status> ended;
    {
      const MutexLock lock(mutex_);
      posted_ = false;
      packets.swap(received_);
      ended.swap(ended_);
      if (packets.size() >= kMostReceived) Wake();  // there is room again
    }
    for (const std::string& packet : packets) {
      if (Abandoned()) return;
      loop_.receive(packet);
    }
    if (ended.has_value() && !Abandoned()) loop_.ended(*ended);
  }

  bool Abandoned() {
    const MutexLock lock(mutex_);
    return abandoned_;
  }

  void End(const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(over_, true)) return;
    ended_ = why;
    Wake();
    Post();
  }

  void Wake() {
    const uint64_t one = 1;
    // Full is awake.
    static_cast<void>(!write(wake_.file(), &one, sizeof one));
  }

  const PacketSocket socket_;
  const PacketSocket wake_;  // an eventfd
  const Loop loop_;

  Mutex mutex_;
  std::deque<std::string> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> received_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
};

PacketChannel::PacketChannel(PacketSocket socket, Loop loop)
    : state_(std::make_shared<State>(std::move(socket), std::move(loop))),
      thread_([state = state_] { state->Run(); }) {}

PacketChannel::~PacketChannel() {
  state_->Abandon();
  thread_.join();
}

void PacketChannel::Send(std::string packet) {
  state_->Send(std::move(packet));
}

}  // namespace noonmark
