#include "host/guests/grpc_guest_link.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/runtime/system_clock.h"
#include "tests/host/guests/scripted_agent.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Event;
using ::noonmark::testing::FakeClock;
using ::noonmark::testing::Lines;
using ::noonmark::testing::Reading;
using ::noonmark::testing::Script;
using ::noonmark::testing::ScriptedAgent;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

class GrpcGuestLinkTest : public ::testing::Test,
                          protected GuestLink::Observer {
 protected:
  GrpcGuestLinkTest() {
    loop_.OnStop([this] { link_.reset(); });
    loop_.OnTimer([this] {
      ADD_FAILURE() << "nothing happened for a minute";
      loop_.Stop();
    });
    loop_.SetTimer(SystemClock().Now() + absl::Minutes(1));
  }

  void Dial(const std::string& address) {
    dialing_ = true;
    link_ = dialer_.Dial(address, this);
    ASSERT_NE(link_, nullptr);
    dialing_ = false;
  }
  void Dial() { Dial(absl::StrCat("unix:", path())); }
  std::string path() const {
    return absl::StrCat(directory_.path(), "/a.sock");
  }

  void OnOpen() override { Heard("open", on_open_); }
  void OnExchange(Exchange exchange) override {
    exchanges_.push_back(std::move(exchange));
    Heard("exchange", on_exchange_);
  }
  void OnEvent(uint64_t discontinuities) override {
    Heard(absl::StrCat("event ", discontinuities), on_event_);
  }
  void OnDescription(GuestFacts facts) override {
    Heard(absl::StrCat("description of ", facts.kernel_release),
          on_description_);
  }
  void OnClosed(const absl::Status& status) override {
    closed_ = status;
    Heard("closed", on_closed_);
  }

  void Heard(const std::string& what, const std::function<void()>& then) {
    EXPECT_FALSE(dialing_) << what << " from within Dial()";
    heard_.push_back(what);
    then();
  }

  TemporaryDirectory directory_;
  FakeClock clock_;
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  GrpcGuestDialer dialer_{loop_, clock_};
  std::unique_ptr<GuestLink> link_;
  bool dialing_ = false;

  std::vector<std::string> heard_;
  std::vector<Exchange> exchanges_;
  absl::Status closed_;
  std::function<void()> on_open_ = [this] { link_->Ask(); };
  std::function<void()> on_exchange_ = [this] { loop_.Stop(); };
  std::function<void()> on_event_ = [] {};
  std::function<void()> on_description_ = [this] { loop_.Stop(); };
  std::function<void()> on_closed_ = [this] { loop_.Stop(); };
};

Lines Obedient(uint64_t sequence) {
  return {.messages = {Reading(sequence)}, .end = {}};
}

TEST_F(GrpcGuestLinkTest, ExchangesClocks) {
  ScriptedAgent agent(path(), {.opening = {}, .answer = [&](uint64_t sequence) {
                                 clock_.Advance(absl::Milliseconds(7));
                                 return Obedient(sequence);
                               }});
  const absl::Duration before = clock_.Read().raw_before;
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "exchange"));
  ASSERT_EQ(exchanges_.size(), 1);
  EXPECT_EQ(exchanges_[0].host_sent.raw_before, before);
  EXPECT_EQ(exchanges_[0].host_received.raw_before,
            before + absl::Milliseconds(7));
  EXPECT_EQ(exchanges_[0].guest.received.realtime, absl::Nanoseconds(2000));
  EXPECT_EQ(exchanges_[0].guest.sent.boottime, absl::Nanoseconds(4000));
  EXPECT_EQ(exchanges_[0].guest.clocksource, "tsc");
}

TEST_F(GrpcGuestLinkTest, AsksAgainFromTheAnswer) {
  constexpr size_t kMany = 2000;
  ScriptedAgent agent(path(), {.opening = {}, .answer = Obedient});
  on_exchange_ = [this] {
    if (exchanges_.size() == kMany) return loop_.Stop();
    link_->Ask();
  };
  Dial();
  loop_.Run();
  ASSERT_EQ(exchanges_.size(), kMany);
  for (size_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(exchanges_[i].guest.sequence, i + 1);
  }
}

TEST_F(GrpcGuestLinkTest, TellsEventsBesideAnswers) {
  ScriptedAgent agent(
      path(),
      {.opening = {.messages = {Event(1)}, .end = {}},
       .answer = [](uint64_t sequence) {
         return Lines{.messages = {Event(2), Reading(sequence)}, .end = {}};
       }});
  on_open_ = [] {};
  on_event_ = [this] {
    if (heard_.size() == 2) link_->Ask();
  };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "event 1", "event 2", "exchange"));
}

TEST_F(GrpcGuestLinkTest, BearsNoFloodOfEvents) {
  Lines flood;
  for (int i = 0; i < 1000; ++i) flood.messages.push_back(Event(1));
  ScriptedAgent agent(path(), {.opening = flood});
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                "more than 64 events in a second"));
  EXPECT_EQ(heard_.size(), 1 + 64 + 1);
}

TEST_F(GrpcGuestLinkTest, BearsAsManyEventsAsClocksAreSet) {
  Lines events;
  for (int i = 0; i < 64; ++i) events.messages.push_back(Event(1));
  ScriptedAgent agent(path(), {.opening = events, .answer = [&](uint64_t s) {
                                 clock_.Advance(absl::Milliseconds(1001));
                                 Lines lines = events;
                                 lines.messages.push_back(Reading(s));
                                 return lines;
                               }});
  on_open_ = [] {};
  on_event_ = [this] {
    if (heard_.size() == 1 + 64) link_->Ask();
  };
  Dial();
  loop_.Run();
  EXPECT_EQ(heard_.size(), 1 + 64 + 64 + 1);
  EXPECT_EQ(heard_.back(), "exchange");
}

// What an agent may send instead of an answer.
struct Nonsense {
  const char* name;
  std::function<std::vector<std::string>(uint64_t)> say;
  absl::StatusCode code;
  const char* why;
};

class NonsenseTest : public GrpcGuestLinkTest,
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

TEST_F(GrpcGuestLinkTest, AnswerBeforeAnyQuestionEndsTheLink) {
  ScriptedAgent agent(path(),
                      {.opening = {.messages = {Reading(0)}, .end = {}}});
  on_open_ = [] {};
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                "0 answers no question"));
}

TEST_F(GrpcGuestLinkTest, TellsHowTheAgentEndedTheStream) {
  struct Case {
    grpc::Status end;
    absl::StatusCode code;
    std::string why;
  };
  for (const Case& c : {
           Case{grpc::Status::OK, absl::StatusCode::kUnavailable,
                "the agent ended the stream"},
           Case{grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                             "too many\nstreams"),
                absl::StatusCode::kResourceExhausted, "too many\\nstreams"},
           Case{grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"),
                absl::StatusCode::kUnavailable, "stopping"},
       }) {
    SCOPED_TRACE(c.why);
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    ScriptedAgent agent(path(), {.opening = {}, .answer = [&](uint64_t) {
                                   return Lines{.messages = {}, .end = c.end};
                                 }});
    on_closed_ = [&] { loop.Stop(); };
    loop.OnStop([this] { link_.reset(); });
    link_ = dialer.Dial(absl::StrCat("unix:", path()), this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(c.code, c.why));
    EXPECT_THAT(closed_, StatusIs(c.code, path()));
  }
}

TEST_F(GrpcGuestLinkTest, SaysThatNobodyListens) {
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("closed"));
  EXPECT_EQ(closed_, absl::UnavailableError(
                         absl::StrCat("nobody listens on unix:", path(),
                                      ": No such file or directory")));
}

TEST_F(GrpcGuestLinkTest, SaysThatNobodyListensAnyMore) {
  RawListener bound(path());
  Dial();
  loop_.Run();
  EXPECT_EQ(closed_,
            absl::UnavailableError(absl::StrCat(
                "nobody listens on unix:", path(), ": Connection refused")));
}

TEST_F(GrpcGuestLinkTest, SaysThatNobodyListensOnLoopback) {
  Dial("127.0.0.1:1");
  loop_.Run();
  EXPECT_EQ(closed_, absl::UnavailableError(
                         "nobody listens on 127.0.0.1:1: Connection refused"));
}

TEST_F(GrpcGuestLinkTest, SaysThatWhoListensIsNoAgent) {
  RawListener web(path());
  web.Answer("HTTP/1.1 400 Bad Request\r\n\r\n");
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_,
              StatusIs(absl::StatusCode::kUnavailable,
                       absl::StrCat("cannot connect to unix:", path(), ": ")));
}

TEST_F(GrpcGuestLinkTest, SaysThatTheConnectionBroke) {
  RawListener broken(path());
  broken.Answer(std::string("\0\0\0\4\0\0\0\0\0", 9));  // SETTINGS
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_,
              StatusIs(absl::StatusCode::kUnavailable, "the connection broke"));
}

TEST_F(GrpcGuestLinkTest, SurvivesNoiseAfterTheGreeting) {
  std::string noise("\0\0\0\4\0\0\0\0\0", 9);
  for (int i = 0; i < 4000; ++i) noise.push_back(static_cast<char>(i * 37));
  RawListener noisy(path());
  noisy.Answer(noise);
  Dial();
  loop_.Run();
  EXPECT_EQ(heard_.back(), "closed");
  EXPECT_FALSE(closed_.ok());
}

TEST_F(GrpcGuestLinkTest, EndsAtOnceWhenTheAgentNeverAnswers) {
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

TEST_F(GrpcGuestLinkTest, EndsAtOnceWhileItConnects) {
  RawListener mute(path());
  mute.Listen();
  Dial();
  loop_.Stop();
  loop_.Run();
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(GrpcGuestLinkTest, SaysNothingAfterClose) {
  ScriptedAgent agent(path(), {.opening = {}, .answer = [this](uint64_t) {
                                 loop_.Post([this] {
                                   link_->Close();
                                   link_->Close();
                                   link_->Ask();
                                   link_->Describe();
                                   loop_.Post([this] { loop_.Stop(); });
                                 });
                                 return Lines{.messages = {}, .end = {}};
                               }});
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open"));
}

TEST_F(GrpcGuestLinkTest, MayBeDestroyedFromEachOfItsCalls) {
  const Script script = {
      .opening = {.messages = {Event(1)}, .end = {}},
      .answer =
          [](uint64_t sequence) {
            return Lines{.messages = {Reading(sequence)},
                         .end = grpc::Status::OK};
          },
      .describe = [](v1::DescribeResponse*) { return grpc::Status::OK; }};
  ScriptedAgent agent(path(), script);
  for (std::function<void()>* last :
       {&on_open_, &on_event_, &on_exchange_, &on_description_, &on_closed_}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_open_ = [this] { link_->Describe(); };
    on_event_ = on_exchange_ = on_closed_ = [] {};
    on_description_ = [this] { link_->Ask(); };
    *last = [&] {
      link_.reset();
      loop.Stop();
    };
    link_ = dialer.Dial(absl::StrCat("unix:", path()), this);
    loop.Run();
    EXPECT_EQ(link_, nullptr);
  }
}

TEST_F(GrpcGuestLinkTest, Describes) {
  ScriptedAgent agent(
      path(), {.opening = {}, .describe = [](v1::DescribeResponse* response) {
                 response->mutable_description()->set_kernel_release("6.1.0");
                 return grpc::Status::OK;
               }});
  on_open_ = [this] { link_->Describe(); };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "description of 6.1.0"));
}

TEST_F(GrpcGuestLinkTest, NeverHearsOfARefusedDescriptionAndGoesOn) {
  const auto refuse = [this](v1::DescribeResponse*) {
    loop_.Post([this] { link_->Ask(); });
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  };
  ScriptedAgent agent(path(),
                      {.opening = {}, .answer = Obedient, .describe = refuse});
  on_open_ = [this] { link_->Describe(); };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "exchange"));
}

TEST_F(GrpcGuestLinkTest, ForgetsAnUnansweredDescriptionForANewOne) {
  std::atomic<int> asked = 0;
  const auto second_alone =
      [&](v1::DescribeResponse* response) -> std::optional<grpc::Status> {
    if (++asked == 1) {
      loop_.Post([this] { link_->Describe(); });
      return std::nullopt;
    }
    response->mutable_description()->set_kernel_release("6.1.0");
    return grpc::Status::OK;
  };
  ScriptedAgent agent(path(), {.opening = {}, .describe = second_alone});
  on_open_ = [this] { link_->Describe(); };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "description of 6.1.0"));
}

TEST_F(GrpcGuestLinkTest, BadDescriptionEndsTheLink) {
  ScriptedAgent agent(
      path(),
      {.opening = {}, .describe = [](v1::DescribeResponse* response) {
         response->mutable_description()->set_kernel_release("6.1\x1b[2J");
         return grpc::Status::OK;
       }});
  on_open_ = [this] { link_->Describe(); };
  Dial();
  loop_.Run();
  EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                "description.kernel_release"));
}

TEST_F(GrpcGuestLinkTest, RefusesWhatIsNotOnThisMachine) {
  for (const char* address : {"10.0.0.7:5353", "mail-1.example.org:5353",
                              "[2001:db8::7]:5353", "localhost:5353"}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_closed_ = [&] { loop.Stop(); };
    link_ = dialer.Dial(address, this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  absl::StrCat("address \"", address, "\"")));
  }
}

TEST_F(GrpcGuestLinkTest, SaysWhatIsWrongWithTheAddress) {
  for (const char* address : {"", "nowhere", "unix:relative", "127.0.0.1:0"}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_closed_ = [&] { loop.Stop(); };
    link_ = dialer.Dial(address, this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                  absl::StrCat("address \"", address, "\"")));
  }
}

TEST_F(GrpcGuestLinkTest, SaysNothingOfABadAddressOnceItIsClosed) {
  Dial("nowhere");
  link_->Close();
  loop_.Post([this] { loop_.Stop(); });
  loop_.Run();
  EXPECT_THAT(heard_, IsEmpty());
}

using GrpcGuestLinkDeathTest = GrpcGuestLinkTest;

TEST_F(GrpcGuestLinkDeathTest, AskingTwiceIsAFaultOfTheCaller) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ScriptedAgent agent(path(), {});
  on_open_ = [this] {
    // In the process that dies, so its destructor won't.
    std::filesystem::remove_all(directory_.path());
    link_->Ask();
    link_->Ask();
  };
  EXPECT_DEATH(
      {
        Dial();
        loop_.Run();
      },
      "asked before the answer");
}

}  // namespace
}  // namespace noonmark
