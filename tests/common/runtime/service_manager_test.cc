#include "common/runtime/service_manager.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

// The socket that systemd would listen on.
class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() : socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const std::string path = directory_.Path("notify");
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(
        bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address),
        0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
  }
  std::string Received() {
    char text[256];
    const ssize_t size = recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

 private:
  testing::TemporaryDirectory directory_;
  int socket_;
};

TEST_F(ServiceManagerTest, IsToldThatTheServiceIsReadyAndThatItStops) {
  NotifyReady("listening on unix:/run/x");
  EXPECT_EQ(Received(), "READY=1\nSTATUS=listening on unix:/run/x");
  NotifyStopping();
  EXPECT_EQ(Received(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, MayBeAbsent) {
  unsetenv("NOTIFY_SOCKET");
  NotifyReady("x");
  EXPECT_EQ(Received(), "");
}

}  // namespace
}  // namespace noonmark
