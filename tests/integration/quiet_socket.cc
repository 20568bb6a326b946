#include "tests/integration/quiet_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace noonmark::testing {
namespace {

sockaddr_un NameOf(const std::string& path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(),
              std::min(path.size(), sizeof name.sun_path - 1));
  return name;
}

}  // namespace

QuietSocket::QuietSocket(const std::string& path, Treatment treat)
    : path_(path),
      treat_(std::move(treat)),
      listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un name = NameOf(path);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name) !=
          0 ||
      listen(listener_, 64) != 0) {
    std::abort();
  }
  thread_ = std::thread([this] { Accept(); });
}

QuietSocket::~QuietSocket() {
  // Ends accept().
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (const int connection : kept_) close(connection);
  close(listener_);
  unlink(path_.c_str());
}

void QuietSocket::Accept() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (treat_(connection)) {
      kept_.push_back(connection);
    } else {
      close(connection);
    }
  }
}

int ConnectTo(const std::string& path) {
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un name = NameOf(path);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&name),
              sizeof name) == 0) {
    return connection;
  }
  close(connection);
  return -1;
}

}  // namespace noonmark::testing
