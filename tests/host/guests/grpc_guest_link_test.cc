#include "host/guests/grpc_guest_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/host/guests/dialled_guest_test.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Event;
using ::noonmark::testing::Lines;
using ::noonmark::testing::Obedient;
using ::noonmark::testing::Obeys;
using ::noonmark::testing::Reading;
using ::noonmark::testing::Script;
using ::noonmark::testing::ScriptedAgent;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;

class GrpcGuestLinkTest : public testing::DialledGuestTest {};

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
    link_ = dialer.Dial(absl::StrCat("unix:", path()), "", this);
    loop.Run();
    EXPECT_THAT(closed_, StatusIs(c.code, c.why));
    EXPECT_THAT(closed_, StatusIs(c.code, path()));
  }
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
      .describe = [](v1::DescribeResponse*) { return grpc::Status::OK; },
      .obey = Obeys};
  const Script disobeys = {
      .opening = {}, .obey = [](const std::string&, v1::OperationStatus*) {
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "no");
      }};
  const std::string other = absl::StrCat(directory_.path(), "/b.sock");
  ScriptedAgent agent(path(), script);
  ScriptedAgent disobedient(other, disobeys);
  for (std::function<void()>* last :
       {&on_open_, &on_event_, &on_exchange_, &on_description_, &on_closed_,
        &on_status_, &on_order_failed_}) {
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    on_open_ = [this] { link_->Describe(); };
    on_event_ = on_exchange_ = on_closed_ = [] {};
    on_status_ = on_order_failed_ = [] {};
    on_description_ = [this] { link_->Ask(); };
    if (last == &on_status_ || last == &on_order_failed_) {
      on_open_ = [this] { link_->GiveOrder(StatusOrder()); };
    }
    *last = [&] {
      link_.reset();
      loop.Stop();
    };
    link_ = dialer.Dial(
        absl::StrCat("unix:", last == &on_order_failed_ ? other : path()), "",
        this);
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
