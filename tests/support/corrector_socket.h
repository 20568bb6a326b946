#ifndef NOONMARK_TESTS_SUPPORT_CORRECTOR_SOCKET_H_
#define NOONMARK_TESTS_SUPPORT_CORRECTOR_SOCKET_H_

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "guest/corrector/message.h"
#include "tests/support/status_matchers.h"

namespace noonmark::testing {

// The corrector's end of the socket, in the hands of a test.
class CorrectorSocket {
 public:
  explicit CorrectorSocket(const std::string& path) {
    unlink(path.c_str());
    fd_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address),
              0);
    EXPECT_EQ(listen(fd_, 4), 0);
  }
  CorrectorSocket(const CorrectorSocket&) = delete;
  CorrectorSocket& operator=(const CorrectorSocket&) = delete;
  ~CorrectorSocket() {
    StopListening();
    HangUp();
  }
  void StopListening() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  void Accept() {
    HangUp();
    peer_ = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  }
  void HangUp() {
    if (peer_ >= 0) close(peer_);
    peer_ = -1;
  }
  // Absent: the client is gone.
  std::optional<CorrectorRequest> Hear() {
    char buffer[kRequestBytes + 1];
    const ssize_t size = recv(peer_, buffer, sizeof buffer, 0);
    if (size <= 0) return std::nullopt;
    auto request = DecodeRequest({buffer, static_cast<size_t>(size)});
    EXPECT_THAT(request, IsOk());
    return *request;
  }
  void Say(const std::string& packet) {
    EXPECT_EQ(send(peer_, packet.data(), packet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(packet.size()));
  }
  void Answer(uint64_t number, uint64_t epoch) {
    OperationStatus status;
    status.epoch = epoch;
    Say(EncodeAnswer({number, status}));
  }

 private:
  int fd_ = -1;
  int peer_ = -1;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_CORRECTOR_SOCKET_H_
