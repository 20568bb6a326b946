// Orders over a link, and what becomes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/host/guests/dialled_guest_test.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Obedient;
using ::noonmark::testing::Obeys;
using ::noonmark::testing::ScriptedAgent;
using ::noonmark::testing::SomeHeader;
using ::noonmark::testing::StatusIs;
using ::testing::ElementsAre;

class GuestLinkOrderTest : public testing::DialledGuestTest {};
using GuestLinkOrderDeathTest = GuestLinkOrderTest;

TEST_F(GuestLinkOrderTest, GivesEachKindOfOrderAndBringsItsAnswer) {
  ScriptedAgent agent(path(), {.opening = {}, .obey = Obeys});
  CorrectOrder correct;
  correct.header = SomeHeader();
  QuiesceOrder quiesce;
  quiesce.header = SomeHeader();
  quiesce.lease = absl::Seconds(1);
  const std::vector<Order> orders = {
      quiesce, correct, ResumeOrder{.header = SomeHeader()}, StatusOrder()};
  size_t next = 0;
  on_open_ = [&] { link_->GiveOrder(orders[next++]); };
  on_status_ = [&] {
    if (next == orders.size()) return loop_.Stop();
    link_->GiveOrder(orders[next++]);
  };
  Dial();
  loop_.Run();
  EXPECT_THAT(
      heard_,
      ElementsAre("open", "status: heard quiesce", "status: heard correct",
                  "status: heard resume", "status: heard status"));
}

TEST_F(GuestLinkOrderTest, GivesAnOrderUpByItsOwnTimerAndGoesOn) {
  GrpcGuestDialer dialer(loop_, clock_, absl::Milliseconds(20));
  ScriptedAgent agent(path(),
                      {.opening = {},
                       .answer = Obedient,
                       .obey = [](const std::string&, v1::OperationStatus*) {
                         return std::nullopt;
                       }});
  SystemClock clock;
  MonotonicTime given;
  absl::Duration took;
  on_open_ = [&] {
    given = clock.Now();
    link_->GiveOrder(StatusOrder());
  };
  on_order_failed_ = [&] {
    took = clock.Now() - given;
    link_->Ask();
  };
  link_ = dialer.Dial(absl::StrCat("unix:", path()), "", this);
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "order failed", "exchange"));
  EXPECT_THAT(failed_, StatusIs(absl::StatusCode::kDeadlineExceeded,
                                "no answer to an order in 20ms"));
  EXPECT_GE(took, absl::Milliseconds(20));
}

TEST_F(GuestLinkOrderTest, TellsWhyAnOrderFailedAndGoesOn) {
  struct Case {
    std::optional<grpc::Status> end;
    absl::StatusCode code;
    std::string part;
  };
  for (const Case& c : std::vector<Case>{
           {grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not so"),
            absl::StatusCode::kPermissionDenied, "not so"},
           {grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "no\nbody"),
            absl::StatusCode::kFailedPrecondition, "no\\nbody"},
           {grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "what?"),
            absl::StatusCode::kFailedPrecondition, "too old to take orders"},
           {grpc::Status(grpc::StatusCode::UNAVAILABLE, "lost it"),
            absl::StatusCode::kUnavailable, "lost it"}}) {
    ScriptedAgent agent(
        path(), {.opening = {},
                 .answer = Obedient,
                 .obey = [&c](const std::string&, v1::OperationStatus*) {
                   return c.end;
                 }});
    CompletionLoop loop(std::make_unique<grpc::CompletionQueue>());
    GrpcGuestDialer dialer(loop, clock_);
    heard_.clear();
    on_open_ = [this] { link_->GiveOrder(StatusOrder()); };
    on_order_failed_ = [this] { link_->Ask(); };
    on_exchange_ = [&loop] { loop.Stop(); };
    loop.OnStop([this] { link_.reset(); });
    link_ = dialer.Dial(absl::StrCat("unix:", path()), "", this);
    loop.Run();
    EXPECT_THAT(heard_, ElementsAre("open", "order failed", "exchange"));
    EXPECT_THAT(failed_, StatusIs(c.code, c.part));
  }
}

TEST_F(GuestLinkOrderTest, AStatusThatIsNoneEndsTheLink) {
  ScriptedAgent agent(
      path(), {.opening = {},
               .obey = [](const std::string& order, v1::OperationStatus* told) {
                 const auto status = Obeys(order, told);
                 told->set_phase(static_cast<v1::OperationPhase>(77));
                 return status;
               }});
  on_open_ = [this] { link_->GiveOrder(StatusOrder()); };
  Dial();
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open", "closed"));
  EXPECT_THAT(closed_, StatusIs(absl::StatusCode::kInvalidArgument,
                                "status.phase: 77 is not known here"));
}

TEST_F(GuestLinkOrderTest, HearsNoMoreOfAnOrderOnceItIsClosed) {
  const auto never = [this](const std::string&, v1::OperationStatus*) {
    loop_.Post([this] {
      link_->Close();
      loop_.CallAfter(absl::Milliseconds(30), [this] { loop_.Stop(); });
    });
    return std::nullopt;
  };
  GrpcGuestDialer dialer(loop_, clock_, absl::Milliseconds(10));
  ScriptedAgent agent(path(), {.opening = {}, .obey = never});
  on_open_ = [this] { link_->GiveOrder(StatusOrder()); };
  link_ = dialer.Dial(absl::StrCat("unix:", path()), "", this);
  loop_.Run();
  EXPECT_THAT(heard_, ElementsAre("open"));
}

TEST_F(GuestLinkOrderDeathTest, OrderingTwiceIsAFaultOfTheCaller) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ScriptedAgent agent(path(), {});
  on_open_ = [this] {
    std::filesystem::remove_all(directory_.path());
    link_->GiveOrder(StatusOrder());
    link_->GiveOrder(StatusOrder());
  };
  EXPECT_DEATH(
      {
        Dial();
        loop_.Run();
      },
      "ordered before the answer");
}

}  // namespace
}  // namespace noonmark
