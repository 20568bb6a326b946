#include "common/rpc/listener_watch.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

constexpr absl::Duration kPatience = absl::Seconds(30);

// A socket that listens, on a port of the kernel's choice.
class Listener {
 public:
  Listener() : file_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    EXPECT_EQ(bind(file_, reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(listen(file_, 8), 0);
    EXPECT_EQ(getsockname(file_, reinterpret_cast<sockaddr*>(&name), &size), 0);
    address_ =
        *Address::Parse(absl::StrCat("127.0.0.1:", ntohs(name.sin_port)));
  }
  ~Listener() { Close(); }
  void Close() {
    if (file_ >= 0) close(file_);
    file_ = -1;
  }
  // The next one that comes.
  int Accept() const { return accept(file_, nullptr, nullptr); }
  const Address& address() const { return address_; }

 private:
  int file_;
  Address address_;
};

TEST(ProbeListenerTest, IsContentWithAGreetingOrAnEnd) {
  const Listener listener;
  for (const bool greets : {true, false}) {
    std::thread server([&] {
      const int peer = listener.Accept();
      if (greets) {
        EXPECT_EQ(send(peer, "!", 1, MSG_NOSIGNAL), 1);
        char end;
        EXPECT_EQ(recv(peer, &end, 1, 0), 0);  // it says nothing
      }
      close(peer);
    });
    EXPECT_THAT(ProbeListener(listener.address(), kPatience), IsOk());
    server.join();
  }
}

TEST(ProbeListenerTest, KnowsOneThatTakesNobody) {
  Listener listener;
  // The kernel takes the connection, and nobody comes for it.
  EXPECT_THAT(ProbeListener(listener.address(), absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kUnavailable, "gives no answer"));
  listener.Close();
  EXPECT_THAT(ProbeListener(listener.address(), kPatience),
              StatusIs(absl::StatusCode::kUnavailable, "refused"));
  const TemporaryDirectory folder;
  Address none;
  none.path = folder.Path("none.sock");
  EXPECT_THAT(ProbeListener(none, kPatience),
              StatusIs(absl::StatusCode::kUnavailable, "none.sock: No such"));
  Address name;
  name.host = "localhost";
  EXPECT_THAT(ProbeListener(name, kPatience),
              StatusIs(absl::StatusCode::kUnavailable, "no address by number"));
}

// Of what each probe of two addresses says, '.' is well: the probes after which
// it is dead, or none.
int DeadAfter(const std::string& said) {
  std::promise<int> dead;
  std::atomic<size_t> probes = 0;
  Address first;
  first.path = "/first";
  Address second;
  second.path = "/second";
  {
    const ListenerWatch watch(
        {first, second},
        {.every = absl::ZeroDuration(),
         .again = absl::ZeroDuration(),
         .failures = 3},
        [&](const Address& /*address*/) {
          const size_t probe = probes++;
          if (probe == said.size()) dead.set_value(0);
          return probe >= said.size() || said[probe] == '.'
                     ? absl::OkStatus()
                     : absl::UnavailableError("no");
        },
        [&](const absl::Status& status) {
          EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "no"));
          dead.set_value(static_cast<int>(probes));
        });
    return dead.get_future().get();
  }
}

TEST(ListenerWatchTest, IsDeadAfterThreeFailuresOfOneListenerInARow) {
  EXPECT_EQ(DeadAfter(".........."), 0);
  EXPECT_EQ(DeadAfter("x.x.x."), 5);
  EXPECT_EQ(DeadAfter("...x.x.x.."), 8);
  // Two in a row, again and again; and both in turn.
  EXPECT_EQ(DeadAfter("x.x...x.x..."), 0);
  EXPECT_EQ(DeadAfter("xx..xx..xx.."), 0);
}

}  // namespace
}  // namespace noonmark
