// Who is dialled is no agent, or a bad one, or not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/host/guests/dialled_guest_test.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Lines;
using ::noonmark::testing::Reading;
using ::noonmark::testing::ScriptedAgent;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GuestLinkTroubleTest : public testing::DialledGuestTest {};

// A unix socket that speaks no gRPC.
class RawListener {
 public:
  explicit RawListener(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const void* untyped = &address;
    EXPECT_EQ(bind(fd_, static_cast<const sockaddr*>(untyped), sizeof(address)),
              0);
  }
  ~RawListener() {
    shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    close(fd_);
  }

  // Connections are made, and nobody takes them.
  void Listen() { EXPECT_EQ(listen(fd_, 8), 0); }
  // Says `bytes` to the first, waits until something comes, and hangs up.
  void Answer(const std::string& bytes) {
    Listen();
    thread_ = std::thread([this, bytes] {
      const int peer = accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      EXPECT_EQ(write(peer, bytes.data(), bytes.size()),
                static_cast<ssize_t>(bytes.size()));
      char buffer[4096];
      EXPECT_GT(read(peer, buffer, sizeof(buffer)), 0);
      close(peer);
    });
  }

 private:
  const int fd_;
  std::thread thread_;
};

// What an agent may send instead of an answer.
struct Nonsense {
  const char* name;
  std::function<std::vector<std::string>(uint64_t)> say;
  absl::StatusCode code;
  const char* why;
};

class NonsenseTest : public GuestLinkTroubleTest,
                     public ::testing::WithParamInterface<Nonsense> {};

TEST_P(NonsenseTest, EndsTheLinkAndIsNamed) {
  ScriptedAgent agent(
      path(), {.opening = {}, .answer = [](uint64_t sequence) {
                 return Lines{.messages = GetParam().say(sequence), .end = {}};
               }});
  on_exchange_ = [] {};
  Dial();
  loop_.Run();
  EXPECT_EQ(heard_.back(), "closed");
  EXPECT_THAT(closed_, StatusIs(GetParam().code, GetParam().why));
  EXPECT_THAT(closed_, StatusIs(GetParam().code, path()));
}

INSTANTIATE_TEST_SUITE_P(
    All, NonsenseTest,
    ::testing::Values(
        Nonsense{"AnswersTwice",
                 [](uint64_t s) {
                   return std::vector<std::string>{Reading(s), Reading(s)};
                 },
                 absl::StatusCode::kInvalidArgument,
                 "reading.sequence: 1 answers no question"},
        Nonsense{
            "WrongSequence",
            [](uint64_t s) { return std::vector<std::string>{Reading(s + 1)}; },
            absl::StatusCode::kInvalidArgument, "reading.sequence: 2, not 1"},
        Nonsense{"CounterRunsBack",
                 [](uint64_t s) {
                   return std::vector<std::string>{
                       Reading(s, [](v1::ClockExchange* reading) {
                         reading->mutable_sent()->set_raw_after_ns(999);
                       })};
                 },
                 absl::StatusCode::kInvalidArgument,
                 "reading.sent.raw_after_ns: 999 is before"},
        Nonsense{"NoReadingOfClocks",
                 [](uint64_t s) {
                   return std::vector<std::string>{
                       Reading(s, [](v1::ClockExchange* reading) {
                         reading->clear_received();
                       })};
                 },
                 absl::StatusCode::kInvalidArgument,
                 "reading.received: is missing"},
        Nonsense{
            "NoPayload", [](uint64_t) { return std::vector<std::string>{""}; },
            absl::StatusCode::kInvalidArgument, "response.payload: absent"},
        Nonsense{"NoMessage",
                 [](uint64_t) {
                   return std::vector<std::string>{"\xff\xff\xff\xff"};
                 },
                 absl::StatusCode::kInvalidArgument,
                 "response: not a message of the protocol"},
        Nonsense{"TooLarge",
                 [](uint64_t s) {
                   return std::vector<std::string>{
                       Reading(s) + std::string(size_t{64} << 10, '\0')};
                 },
                 absl::StatusCode::kInvalidArgument, "larger than max"}),
    [](const auto& nonsense) { return nonsense.param.name; });

TEST_F(GuestLinkTroubleTest, SaysThatNobodyListens) {
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("closed"));
  EXPECT_EQ(closed_, absl::UnavailableError(
                         absl::StrCat("nobody listens on unix:", path(),
                                      ": No such file or directory")));
}

TEST_F(GuestLinkTroubleTest, SaysThatNobodyListensAnyMore) {
  RawListener bound(path());
  Dial();
  loop_.Run();
  EXPECT_EQ(closed_,
            absl::UnavailableError(absl::StrCat(
                "nobody listens on unix:", path(), ": Connection refused")));
}

TEST_F(GuestLinkTroubleTest, SaysThatNobodyListensOnLoopback) {
  Dial("127.0.0.1:1");
  loop_.Run();
  EXPECT_EQ(closed_, absl::UnavailableError(
                         "nobody listens on 127.0.0.1:1: Connection refused"));
}

TEST_F(GuestLinkTroubleTest, SaysThatWhoListensIsNoAgent) {
  RawListener web(path());
  web.Answer("HTTP/1.1 400 Bad Request\r\n\r\n");
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_,
              StatusIs(absl::StatusCode::kUnavailable,
                       absl::StrCat("cannot connect to unix:", path(), ": ")));
}

TEST_F(GuestLinkTroubleTest, SaysThatTheConnectionBroke) {
  RawListener broken(path());
  broken.Answer(std::string("\0\0\0\4\0\0\0\0\0", 9));  // SETTINGS
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_,
              StatusIs(absl::StatusCode::kUnavailable, "the connection broke"));
}

TEST_F(GuestLinkTroubleTest, SurvivesNoiseAfterTheGreeting) {
  std::string noise("\0\0\0\4\0\0\0\0\0", 9);
  for (int i = 0; i < 4000; ++i) noise.push_back(static_cast<char>(i * 37));
  RawListener noisy(path());
  noisy.Answer(noise);
  Dial();
  loop_.Run();
  EXPECT_EQ(heard_.back(), "closed");
  EXPECT_FALSE(closed_.ok());
}

TEST_F(GuestLinkTroubleTest, EndsAtOnceWhenTheAgentNeverAnswers) {
  ScriptedAgent agent(path(), {});
  on_open_ = [this] {
    link_->Ask();
    link_->Describe();
    loop_.Stop();
  };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open"));
}

TEST_F(GuestLinkTroubleTest, EndsAtOnceWhileItConnects) {
  RawListener mute(path());
  mute.Listen();
  Dial();
  loop_.Stop();
  loop_.Run();
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(GuestLinkTroubleTest, RefusesWhatIsNotOnThisMachine) {
  for (const char* address : {"10.0.0.7:5353", "mail-1.example.org:5353",
                              "[2001:db8::7]:5353", "localhost:5353"}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_closed_ = [&] { loop.Stop(); };
    link_ = dialer.Dial(address, "", this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  absl::StrCat("address \"", address, "\"")));
  }
}

TEST_F(GuestLinkTroubleTest, SaysWhatIsWrongWithTheAddress) {
  for (const char* address : {"", "nowhere", "unix:relative", "127.0.0.1:0"}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_closed_ = [&] { loop.Stop(); };
    link_ = dialer.Dial(address, "", this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                  absl::StrCat("address \"", address, "\"")));
  }
}

TEST_F(GuestLinkTroubleTest, SaysNothingOfABadAddressOnceItIsClosed) {
  Dial("nowhere");
  link_->Close();
  loop_.Post([this] { loop_.Stop(); });
  loop_.Run();
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace noonmark
