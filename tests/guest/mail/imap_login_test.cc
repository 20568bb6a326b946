#include "guest/mail/imap_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/runtime/system_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

// Says its lines, each after it got one, to one client; then ends, or, with
// `stays`, waits until the client has gone.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> lines, bool stays = false) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, lines = std::move(lines), stays] {
      const int client = accept(listener_, nullptr, nullptr);
      for (size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) ReadLine(client);
        EXPECT_EQ(write(client, lines[i].data(), lines[i].size()),
                  static_cast<ssize_t>(lines[i].size()));
      }
      char byte;
      while (stays && read(client, &byte, 1) > 0) {
      }
      close(client);
    });
  }
  ~ScriptedServer() {
    thread_.join();
    close(listener_);
  }

  uint16_t port() const { return port_; }
  // What the client said; after the login.
  const std::string& heard() const { return heard_; }

 private:
  void ReadLine(int client) {
    char byte = 0;
    while (byte != '\n' && read(client, &byte, 1) == 1) heard_ += byte;
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  std::string heard_;
  std::thread thread_;
};

// Long: a test that waits for it has failed or means to.
constexpr absl::Duration kLimit = absl::Seconds(20);

absl::Status LogInTo(uint16_t port, absl::Duration limit = kLimit) {
  SystemClock clock;
  return LogIn({.address = {.path = "", .host = "127.0.0.1", .port = port},
                .user = "al\"ice",
                .password = "p\\w"},
               clock, limit);
}

TEST(ImapLoginTest, GetsThrough) {
  std::string heard;
  {
    ScriptedServer server({"* OK ready\r\n", "* CAPABILITY\r\na OK in\r\n"});
    EXPECT_THAT(LogInTo(server.port()), IsOk());
    heard = server.heard();
  }
  EXPECT_EQ(heard, "a LOGIN \"al\\\"ice\" \"p\\\\w\"\r\n");
}

TEST(ImapLoginTest, TellsAGreetingWithoutALogin) {
  // As Dovecot does for 180 s after its clock went back.
  ScriptedServer server({"* OK ready\r\n"}, /*stays=*/true);
  EXPECT_THAT(
      LogInTo(server.port(), absl::Milliseconds(50)),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "login: no answer"));
}

TEST(ImapLoginTest, TellsASilentPort) {
  ScriptedServer server({}, /*stays=*/true);
  EXPECT_THAT(
      LogInTo(server.port(), absl::Milliseconds(50)),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "greeting: no answer"));
}

TEST(ImapLoginTest, TellsAnAccountThatIsWrongFromAServerThatIsNotReady) {
  {
    ScriptedServer server({"* OK\r\n", "a NO [AUTHENTICATIONFAILED] no\r\n"});
    EXPECT_THAT(
        LogInTo(server.port()),
        StatusIs(absl::StatusCode::kPermissionDenied, "AUTHENTICATIONFAILED"));
  }
  {
    ScriptedServer server({"* OK\r\n", "a NO [UNAVAILABLE] later\r\n"});
    EXPECT_THAT(LogInTo(server.port()),
                StatusIs(absl::StatusCode::kUnavailable, "later"));
  }
  {
    ScriptedServer server({"* OK\r\n", "* BYE shutting down\r\n"});
    EXPECT_THAT(LogInTo(server.port()),
                StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
  }
}

TEST(ImapLoginTest, TellsAConnectionThatEnds) {
  ScriptedServer server({"* OK\r\n", ""});
  EXPECT_THAT(LogInTo(server.port()),
              StatusIs(absl::StatusCode::kUnavailable, "login: "));
}

TEST(ImapLoginTest, TellsAPortThatNobodyListensAt) {
  uint16_t port = 0;
  {
    ScriptedServer server({"* OK\r\n", "a OK\r\n"});
    port = server.port();
    EXPECT_THAT(LogInTo(port), IsOk());
  }
  EXPECT_THAT(LogInTo(port),
              StatusIs(absl::StatusCode::kUnavailable, "connecting: "));
}

TEST(ImapLoginTest, RefusesWhatIsNoImap) {
  {
    ScriptedServer server({"220 smtp\x1b[2J\r\n"});
    EXPECT_THAT(LogInTo(server.port()),
                StatusIs(absl::StatusCode::kInternal,
                         "not IMAP's: \"220 smtp\\033[2J\""));
  }
  ScriptedServer server({std::string(9000, '*')}, /*stays=*/true);
  EXPECT_THAT(LogInTo(server.port()),
              StatusIs(absl::StatusCode::kInternal, "without an end"));
}

TEST(ProbeAccountTest, IsReadFromItsFile) {
  TemporaryDirectory folder;
  const auto account = LoadProbeAccount(folder.Write(
      "p",
      "imap.user = 'u'\nimap.password = 'p'\nimap.address = '[::1]:1143'"));
  ASSERT_THAT(account, IsOk());
  EXPECT_EQ(account->address.ToString(), "[::1]:1143");
  EXPECT_EQ(account->user, "u");
  EXPECT_EQ(account->password, "p");
}

TEST(ProbeAccountTest, SendsItsPasswordNowhereElse) {
  TemporaryDirectory folder;
  const std::string end = "'\nimap.user = 'u'\nimap.password = 'p'";
  for (const char* address : {"192.0.2.1:143", "mail:143", "unix:/run/imap"}) {
    EXPECT_THAT(LoadProbeAccount(folder.Write(
                    "p", std::string("imap.address = '") + address + end)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "imap.address: must be a number of loopback"))
        << address;
  }
  EXPECT_THAT(LoadProbeAccount(folder.Write("p", "imap.user = \"a\\nb\"")),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "imap.user: must be printable ASCII"));
}

}  // namespace
}  // namespace noonmark
