#include "guest/units/systemd_units.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fake_systemd.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeSystemd;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using Result = FakeSystemd::Result;

class SystemdUnitsTest : public ::testing::Test {
 protected:
  SystemdUnitsTest() {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", systemd_.address().c_str(), 1);
    units_ = std::make_unique<SystemdUnits>(&loop_);
  }
  ~SystemdUnitsTest() override { unsetenv("DBUS_SYSTEM_BUS_ADDRESS"); }

  // Runs the loop until `result` is there.
  template <typename T>
  T Await(std::optional<T>& result) {
    while (!result.has_value()) loop_.RunOnce(absl::Minutes(1));
    return *result;
  }
  absl::Status Order(UnitVerb verb, const std::string& unit,
                     absl::Duration limit = absl::Minutes(1)) {
    std::optional<absl::Status> queued, done;
    units_->Order(
        verb, unit, limit, [&](absl::Status s) { queued = std::move(s); },
        [&](absl::Status s) { done = std::move(s); });
    absl::Status result = Await(done);
    // It is told first whether there is a job.
    EXPECT_TRUE(queued.has_value());
    queued_ = queued.value_or(absl::UnknownError(""));
    return result;
  }
  absl::StatusOr<UnitFacts> Look(const std::string& unit) {
    std::optional<absl::StatusOr<UnitFacts>> facts;
    units_->Look(unit, [&](absl::StatusOr<UnitFacts> f) { facts = f; });
    return Await(facts);
  }
  absl::StatusOr<std::vector<std::string>> Match(const std::string& pattern) {
    std::optional<absl::StatusOr<std::vector<std::string>>> names;
    units_->Match(pattern, [&](absl::StatusOr<std::vector<std::string>> n) {
      names = n;
    });
    return Await(names);
  }

  FakeSystemd systemd_;
  EventLoop loop_;
  std::unique_ptr<SystemdUnits> units_;
  absl::Status queued_;
};

TEST_F(SystemdUnitsTest, StopsAndStartsAndAwaitsTheJob) {
  systemd_.Add("dovecot.service", {.state = "active"});
  EXPECT_THAT(Order(UnitVerb::kStop, "dovecot.service"), IsOk());
  EXPECT_THAT(queued_, IsOk());
  EXPECT_EQ(systemd_.StateOf("dovecot.service"), "inactive");
  EXPECT_THAT(Order(UnitVerb::kStart, "dovecot.service"), IsOk());
  EXPECT_EQ(systemd_.StateOf("dovecot.service"), "active");
  EXPECT_THAT(Order(UnitVerb::kReload, "dovecot.service"), IsOk());
  EXPECT_EQ(systemd_.CountInLog("reload dovecot.service"), 1);
}

TEST_F(SystemdUnitsTest, TakesNoResultButDoneForSuccess) {
  systemd_.Add("a.service", {.state = "active"});
  const std::vector<std::pair<Result, std::string>> results = {
      {Result::kCanceled, "canceled"}, {Result::kTimeout, "timeout"},
      {Result::kFailed, "failed"},     {Result::kDependency, "dependency"},
      {Result::kSkipped, "skipped"},
  };
  for (const auto& [result, word] : results) {
    systemd_.Change("a.service", [result = result](FakeSystemd::Unit& unit) {
      unit.stop = unit.start = unit.reload = result;
      unit.state = "active";
    });
    EXPECT_THAT(Order(UnitVerb::kStop, "a.service"),
                StatusIs(absl::StatusCode::kAborted,
                         "a.service: the job " + ("ended: " + word)));
    EXPECT_THAT(queued_, IsOk());
    EXPECT_THAT(Order(UnitVerb::kReload, "a.service"),
                StatusIs(absl::StatusCode::kAborted, word));
    systemd_.Change("a.service",
                    [](FakeSystemd::Unit& unit) { unit.state = "inactive"; });
    EXPECT_THAT(Order(UnitVerb::kStart, "a.service"),
                StatusIs(absl::StatusCode::kAborted, word));
  }
}

TEST_F(SystemdUnitsTest, SaysWhenThereIsNoJob) {
  systemd_.Add("a.service", {.start = Result::kRefused});
  EXPECT_THAT(Order(UnitVerb::kStart, "a.service"),
              StatusIs(absl::StatusCode::kPermissionDenied, "AccessDenied"));
  EXPECT_THAT(queued_, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Order(UnitVerb::kStart, "b.service"),
              StatusIs(absl::StatusCode::kNotFound, "b.service"));
}

TEST_F(SystemdUnitsTest, WaitsNoLongerThanItsLimit) {
  systemd_.Add("a.service", {.state = "active", .stop = Result::kNever});
  EXPECT_THAT(Order(UnitVerb::kStop, "a.service", absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "a.service"));
  // A job in its place cancels it, which nobody waits for any more.
  systemd_.Change("a.service",
                  [](FakeSystemd::Unit& unit) { unit.stop = Result::kDone; });
  EXPECT_THAT(Order(UnitVerb::kStop, "a.service"), IsOk());
}

TEST_F(SystemdUnitsTest, AnotherJobForTheUnitCancelsTheFirst) {
  systemd_.Add("a.service", {.state = "active", .stop = Result::kNever});
  std::optional<absl::Status> stopped;
  units_->Order(UnitVerb::kStop, "a.service", absl::Minutes(1), nullptr,
                [&](absl::Status s) { stopped = std::move(s); });
  systemd_.Change("a.service",
                  [](FakeSystemd::Unit& unit) { unit.state = "inactive"; });
  EXPECT_THAT(Order(UnitVerb::kStart, "a.service"), IsOk());
  EXPECT_THAT(Await(stopped), StatusIs(absl::StatusCode::kAborted, "canceled"));
}

TEST_F(SystemdUnitsTest, SeesWhatAUnitDoes) {
  const std::vector<std::pair<std::string, ServiceState>> states = {
      {"active", ServiceState::kActive},
      {"reloading", ServiceState::kActive},
      {"inactive", ServiceState::kInactive},
      {"failed", ServiceState::kFailed},
      {"activating", ServiceState::kStarting},
      {"deactivating", ServiceState::kStopping}};
  for (const auto& [word, state] : states) {
    systemd_.Add("a.service", {.state = word, .can_reload = false});
    const auto facts = Look("a.service");
    ASSERT_THAT(facts, IsOk());
    EXPECT_TRUE(facts->is_loaded);
    EXPECT_FALSE(facts->can_reload);
    EXPECT_EQ(facts->state, state) << word;
    EXPECT_EQ(facts->control_group,
              word == "inactive" ? "" : "/system.slice/a.service");
  }
  systemd_.Add("a.service", {.state = "of a systemd to come"});
  EXPECT_THAT(Look("a.service"), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(SystemdUnitsTest, SeesWhereASocketListensAndWhatIsNotThere) {
  systemd_.Add("dovecot.socket", {.state = "active", .ports = {143, 993}});
  const auto socket = Look("dovecot.socket");
  ASSERT_THAT(socket, IsOk());
  EXPECT_EQ(socket->ports, (std::set<uint16_t>{143, 993}));
  const auto missing = Look("nobody.service");
  ASSERT_THAT(missing, IsOk());
  EXPECT_FALSE(missing->is_loaded);
  EXPECT_EQ(missing->state, ServiceState::kInactive);
}

TEST_F(SystemdUnitsTest, FindsTheInstancesOfATemplate) {
  systemd_.Add("postfix@-.service", {.state = "active"});
  systemd_.Add("postfix@out.service", {.state = "failed"});
  systemd_.Add("postfix.service", {.state = "active"});
  const auto names = Match("postfix@*.service");
  ASSERT_THAT(names, IsOk());
  EXPECT_EQ(*names, (std::vector<std::string>{"postfix@-.service",
                                              "postfix@out.service"}));
}

TEST_F(SystemdUnitsTest, SaysWhenTheBusDiesAndFindsANewOne) {
  systemd_.Add("a.service", {.state = "active", .stop = Result::kNever});
  std::optional<absl::Status> queued, done;
  units_->Order(
      UnitVerb::kStop, "a.service", absl::Minutes(1),
      [&](absl::Status s) { queued = std::move(s); },
      [&](absl::Status s) { done = std::move(s); });
  EXPECT_THAT(Await(queued), IsOk());
  systemd_.bus().Kill();
  EXPECT_THAT(Await(done), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Look("a.service"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Order(UnitVerb::kStop, "a.service"),
              StatusIs(absl::StatusCode::kUnavailable));

  FakeSystemd another;
  another.Add("a.service", {.state = "active"});
  setenv("DBUS_SYSTEM_BUS_ADDRESS", another.address().c_str(), 1);
  EXPECT_THAT(Order(UnitVerb::kStop, "a.service"), IsOk());
}

// The facts that the hold rests on, of the fake that the other tests use.
TEST_F(SystemdUnitsTest, AStartJobWaitsWhileTheHoldsStartJobRuns) {
  systemd_.Add("noonmark-hold.service", {.start = Result::kNever});
  systemd_.Add("dovecot.service", {.waits_for_hold = true});
  systemd_.Add("dovecot.socket",
               {.state = "active", .triggers = "dovecot.service"});
  std::optional<absl::Status> hold;
  units_->Order(UnitVerb::kStart, "noonmark-hold.service", absl::Minutes(1),
                nullptr, [&](absl::Status s) { hold = std::move(s); });
  EXPECT_THAT(Order(UnitVerb::kStop, "dovecot.service"), IsOk());
  systemd_.ConnectTo("dovecot.socket");
  const auto facts = Look("dovecot.service");
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ(facts->state, ServiceState::kInactive);
  EXPECT_FALSE(hold.has_value());
  EXPECT_THAT(Order(UnitVerb::kStop, "noonmark-hold.service"), IsOk());
  systemd_.WaitForState("dovecot.service", "active");
  EXPECT_THAT(Await(hold), StatusIs(absl::StatusCode::kAborted, "canceled"));
}

}  // namespace
}  // namespace noonmark
