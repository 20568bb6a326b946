#ifndef NOONMARK_COMMON_RUNTIME_PACKET_CHANNEL_H_
#define NOONMARK_COMMON_RUNTIME_PACKET_CHANNEL_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace noonmark {

// One end of a pair of unix sockets of packets, closed with the object.
class PacketSocket {
 public:
  static absl::StatusOr<std::pair<PacketSocket, PacketSocket>> Pair();
  explicit PacketSocket(int file) : file_(file) {}
  PacketSocket(PacketSocket&& other) noexcept;
  PacketSocket& operator=(PacketSocket&& other) noexcept;
  ~PacketSocket();

  int file() const { return file_; }

 private:
  int file_;  // -1: moved away
};

// Packets to and from another process, for a loop that must never wait.
//
// A thread of its own waits for packets, and for room to send. What came is
// handed to the loop's thread, many at once if the loop is busy; if it does not
// keep up, the other side has to wait.
class PacketChannel {
 public:
  static constexpr size_t kMostPacketBytes = 128 * 1024;
  // That wait until the other side takes them.
  static constexpr size_t kMostWaitingBytes = 4 * 1024 * 1024;

  struct Loop {
    // Runs `work` on the loop's thread, in the order of the calls.
    std::function<void(std::function<void()> work)> post;
    // A packet, on the loop's thread.
    std::function<void(const std::string& packet)> receive;
    // It is over, on the loop's thread, once; nothing comes after it.
    //   kUnavailable        the other side closed its end, or is gone.
    //   kResourceExhausted  it takes too little of what is sent.
    std::function<void(const absl::Status& why)> ended;
  };

  PacketChannel(PacketSocket socket, Loop loop);
  // Loop's thread, or after the loop. None of the functions is called any more.
  ~PacketChannel();
  PacketChannel(const PacketChannel&) = delete;
  PacketChannel& operator=(const PacketChannel&) = delete;

  // Any thread. Never waits; after the end it does nothing.
  void Send(std::string packet);

 private:
  class State;
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_PACKET_CHANNEL_H_
