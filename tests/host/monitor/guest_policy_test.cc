// Guests that are judged otherwise than the rest, and those that are not
// judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "host/monitor/monitor.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Behaviour;
using ::noonmark::testing::VirtualFleet;
using ::testing::HasSubstr;
using ::testing::Not;

MonitorOptions Declared() {
  MonitorOptions options;
  options.host_name = "dom0-a";
  options.host.trust = HostTrust::kDeclared;
  return options;
}

TEST(GroupThresholdTest, HoldsForTheGroupAlone) {
  MonitorOptions options = Declared();
  options.policies.groups["mail"] = {.warning = absl::Milliseconds(50),
                                     .fault = absl::Milliseconds(80)};
  VirtualFleet fleet(options);
  for (const char* name : {"mail", "web"}) {
    fleet.AddGuest(name).clock.Step(absl::Milliseconds(100));
  }
  fleet.domain("mail").group = "mail";
  fleet.Tell();
  fleet.Run(absl::Seconds(11));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kWrong);
  EXPECT_EQ(fleet.row("web")->verdict, Verdict::kOk);
  EXPECT_EQ(fleet.row("mail")->policy.thresholds.warning,
            absl::Milliseconds(50));

  fleet.domain("mail").group = "";
  fleet.domain("web").group = "mail";
  fleet.Tell();
  fleet.Run(absl::Seconds(100));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kOk);
  EXPECT_EQ(fleet.row("web")->verdict, Verdict::kWrong);
}

TEST(GroupThresholdTest, GradesWhatMoved) {
  MonitorOptions options = Declared();
  options.policies.groups["mail"] = {.warning = absl::Milliseconds(50),
                                     .fault = absl::Milliseconds(80)};
  VirtualFleet fleet(options);
  auto& mail = fleet.AddGuest("mail");
  fleet.domain("mail").group = "mail";
  fleet.Tell();
  fleet.Run(absl::Seconds(11));
  mail.SetClock(absl::Milliseconds(100));
  fleet.Run(absl::Seconds(11));
  ASSERT_EQ(fleet.row("mail")->findings.size(), 1u);
  EXPECT_EQ(fleet.row("mail")->findings[0].code, FindingCode::kClockSet);
  EXPECT_EQ(fleet.row("mail")->findings[0].severity, Severity::kFault);
}

// The verdict over a guest that is off by `offset` and meant to be off by
// `intended`.
std::shared_ptr<const GuestRow> RowOf(absl::Duration offset,
                                      absl::Duration intended) {
  MonitorOptions options = Declared();
  options.policies.intended_offsets["guest"] = intended;
  VirtualFleet fleet(options);
  fleet.AddGuest("guest").clock.Step(offset);
  fleet.Tell();
  fleet.Run(absl::Seconds(21));
  return fleet.row("guest");
}

TEST(IntendedOffsetTest, IsWhereTheThresholdIsCountedFrom) {
  const absl::Duration hour = absl::Hours(1);
  const absl::Duration within = absl::Milliseconds(499);
  const absl::Duration beyond = absl::Milliseconds(501);
  const struct {
    absl::Duration offset;
    absl::Duration intended;
    Verdict verdict;
  } cases[] = {
      {-hour, -hour, Verdict::kOk},
      {-hour + within, -hour, Verdict::kOk},
      {-hour - within, -hour, Verdict::kOk},
      {-hour + beyond, -hour, Verdict::kWrong},
      {-hour - beyond, -hour, Verdict::kWrong},
      {absl::ZeroDuration(), -hour, Verdict::kWrong},
      {hour, -hour, Verdict::kWrong},
      {hour, hour, Verdict::kOk},
      {hour, absl::ZeroDuration(), Verdict::kWrong},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(absl::FormatDuration(c.offset), " for ",
                              absl::FormatDuration(c.intended)));
    const auto row = RowOf(c.offset, c.intended);
    EXPECT_EQ(row->verdict, c.verdict);
    if (c.intended != absl::ZeroDuration()) {
      EXPECT_THAT(row->reason, HasSubstr("meant to be"));
    } else {
      EXPECT_THAT(row->reason, Not(HasSubstr("meant to be")));
    }
  }
}

const Finding* Unjudged(const VirtualFleet& fleet) {
  static Finding found;
  for (const Finding& finding : fleet.snapshot()->findings) {
    if (finding.code != FindingCode::kUnjudgedGuests) continue;
    found = finding;
    return &found;
  }
  return nullptr;
}

class UnjudgedTest : public ::testing::Test {
 protected:
  // Ten guests, of which so many are silent.
  void Silence(int silent) {
    for (int i = 0; i < 10; ++i) {
      fleet_.AddGuest(absl::StrCat("guest-", i)).behaviour =
          i < silent ? Behaviour::kIsSilent : Behaviour::kAnswers;
    }
    fleet_.Tell();
  }
  VirtualFleet fleet_{Declared()};
};

TEST_F(UnjudgedTest, AreAFindingOfTheHostAfterAWhile) {
  Silence(2);
  fleet_.Run(absl::Minutes(14));
  EXPECT_EQ(Unjudged(fleet_), nullptr);
  fleet_.Run(absl::Minutes(2));
  const Finding* finding = Unjudged(fleet_);
  ASSERT_NE(finding, nullptr);
  EXPECT_TRUE(finding->active);
  EXPECT_EQ(finding->severity, Severity::kWarning);
  EXPECT_EQ(finding->note,
            "2 of 10 without a verdict for more than 15 min: guest-0, guest-1");
}

TEST_F(UnjudgedTest, AreNoneWithinTheBudget) {
  Silence(1);
  fleet_.Run(absl::Minutes(20));
  EXPECT_EQ(Unjudged(fleet_), nullptr);
}

TEST_F(UnjudgedTest, AreNamedUpToALimit) {
  Silence(10);
  fleet_.Run(absl::Minutes(16));
  ASSERT_NE(Unjudged(fleet_), nullptr);
  EXPECT_THAT(Unjudged(fleet_)->note, HasSubstr("10 of 10"));
  EXPECT_THAT(Unjudged(fleet_)->note, HasSubstr("guest-7 and 2 more"));
}

TEST_F(UnjudgedTest, AreCountedThroughAllTheirReasons) {
  Silence(2);
  fleet_.Run(absl::Minutes(10));
  for (const char* name : {"guest-0", "guest-1"}) {
    Domain& domain = fleet_.domain(name);
    domain.state = DomainState::kPaused;
    fleet_.monitor().OnLifecycle(
        {domain.uuid, LifecycleEvent::kSuspended, "paused"});
  }
  fleet_.Run(absl::Minutes(6));
  EXPECT_EQ(fleet_.row("guest-0")->verdict, Verdict::kSuspended);
  EXPECT_NE(Unjudged(fleet_), nullptr);
}

TEST_F(UnjudgedTest, AreOverWhenTheyAnswerOrAreGone) {
  Silence(3);
  fleet_.Run(absl::Minutes(16));
  ASSERT_NE(Unjudged(fleet_), nullptr);
  fleet_.RemoveGuest("guest-0");
  fleet_.RemoveGuest("guest-1");
  fleet_.RemoveGuest("guest-2");
  fleet_.Tell();
  fleet_.Run(absl::Seconds(5));
  ASSERT_NE(Unjudged(fleet_), nullptr);
  EXPECT_FALSE(Unjudged(fleet_)->active);
}

TEST(HostBoundOfGuestTest, IsWhatWasProvenAsTheGuestWasMeasured) {
  VirtualFleet fleet(Declared());
  fleet.AddGuest("mail");
  fleet.Tell();
  fleet.Run(absl::Seconds(11));
  // Declared is not proven.
  EXPECT_FALSE(fleet.row("mail")->host_bound.has_value());
  fleet.discipline() = KernelDiscipline();
  fleet.discipline()->max_error = absl::Microseconds(20'123);
  fleet.Run(absl::Seconds(11));
  ASSERT_TRUE(fleet.row("mail")->host_bound.has_value());
  EXPECT_GE(*fleet.row("mail")->host_bound, absl::Microseconds(20'123));
  EXPECT_LT(*fleet.row("mail")->host_bound, absl::Microseconds(21'000));
}

}  // namespace
}  // namespace noonmark
