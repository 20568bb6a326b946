#include "tests/system/guest_clock.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark::testing {
namespace {

constexpr std::chrono::milliseconds kRightEnough(20);
constexpr int kMostTries = 200;

}  // namespace

GuestClock::GuestClock(const std::string& socket)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) != 0) {
    ADD_FAILURE() << "no connection to " << socket;
  }
  const timeval patience = {.tv_sec = 60, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

GuestClock::~GuestClock() { close(socket_); }

GuestClock::Obeyed GuestClock::Order(const std::string& order) const {
  const std::string line = absl::StrCat(order, "\n");
  std::string answer;
  Obeyed obeyed;
  obeyed.ordered = std::chrono::steady_clock::now();
  send(socket_, line.data(), line.size(), MSG_NOSIGNAL);
  for (char c = 0; read(socket_, &c, 1) == 1 && c != '\n';) answer += c;
  obeyed.answered = std::chrono::steady_clock::now();
  EXPECT_EQ(answer, "ok") << order;
  return obeyed;
}

void GuestClock::SetRight() const {
  for (int tries = 0; tries < kMostTries; ++tries) {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const Obeyed set =
        Order(absl::StrFormat("right %d.%09d", now.count() / 1'000'000'000,
                              now.count() % 1'000'000'000));
    if (set.answered - set.ordered <= kRightEnough) return;
  }
  ADD_FAILURE() << "no order was obeyed within 20 ms";
}

}  // namespace noonmark::testing
