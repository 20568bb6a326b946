#include "host/policy/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_join.h"
#include "tests/host/policy/plan_facts.h"

namespace noonmark {
namespace {

using testing::ChronyClaims;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Now;
using ::testing::SizeIs;
using testing::WithService;
using testing::WrongBy;

std::vector<Rail> RailsOf(const Plan& plan) {
  std::vector<Rail> rails;
  for (const Objection& objection : plan.objections) {
    rails.push_back(objection.rail);
  }
  return rails;
}

Plan Made(const PlanFacts& facts, const PlanLimits& limits = {}) {
  return MakePlan(facts, limits, Now());
}

std::string Text(const std::vector<std::string>& sentences) {
  return absl::StrJoin(sentences, "\n");
}

TEST(PlanTest, StepsForwardAtOnceWhatMailBears) {
  const Plan plan = Made(WrongBy(-absl::Seconds(10) + absl::Milliseconds(1)));
  EXPECT_EQ(plan.way, PlanWay::kStep);
  EXPECT_EQ(plan.amount, absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_THAT(plan.cost.rests, IsEmpty());
  EXPECT_THAT(plan.warnings, Not(Contains(HasSubstr("told in mail's logs"))));
  EXPECT_THAT(Text(plan.reasons), HasSubstr("no more than 10 s"));
}

TEST(PlanTest, StepsForwardUpTo100SecondsWithAWarning) {
  for (const double seconds : {10.1, 99.9}) {
    const Plan plan = Made(WrongBy(-absl::Seconds(seconds)));
    EXPECT_EQ(plan.way, PlanWay::kStep);
    EXPECT_THAT(plan.warnings, Contains(HasSubstr("told in mail's logs")));
  }
}

TEST(PlanTest, RestsMailForLongerWaysForward) {
  const Plan plan = Made(WrongBy(-absl::Seconds(101)));
  EXPECT_EQ(plan.way, PlanWay::kQuiescedStep);
  EXPECT_THAT(plan.cost.rests, SizeIs(2));
}

TEST(PlanTest, CountsTheWholeIntervalTowardsALimit) {
  // Its middle is below 100 s, and its far end above.
  PlanFacts facts = WrongBy(-absl::Seconds(99.9));
  facts.offset = facts.offset->WidenedBy(absl::Milliseconds(200));
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
}

TEST(PlanTest, SlewsBackWhatTakesAQuarterOfAnHour) {
  const PlanFacts facts = WrongBy(absl::Milliseconds(400));
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kSlew);
  EXPECT_EQ(plan.amount, -absl::Milliseconds(400));
  EXPECT_THAT(plan.cost.rests, IsEmpty());
  EXPECT_THAT(plan.side_effects, IsEmpty());
  EXPECT_THAT(Text(plan.reasons), HasSubstr("500 ppm, in 13 min"));
}

TEST(PlanTest, RestsMailToGoBackByMore) {
  const Plan plan = Made(WrongBy(absl::Milliseconds(451)));
  EXPECT_EQ(plan.way, PlanWay::kQuiescedStep);
  EXPECT_EQ(plan.amount, -absl::Milliseconds(451));
  ASSERT_THAT(plan.cost.rests, SizeIs(2));
  EXPECT_EQ(plan.cost.rests[0].unit, "postfix@-.service");
  EXPECT_EQ(plan.cost.rests[1].unit, "dovecot.service");
  EXPECT_EQ(plan.cost.lease, absl::Seconds(120));
}

TEST(PlanTest, WarnsOfALargeStepBack) {
  const Plan plan = Made(WrongBy(absl::Seconds(4398.046511)));
  EXPECT_EQ(plan.way, PlanWay::kQuiescedStep);
  EXPECT_THAT(plan.side_effects, Contains(HasSubstr("DKIM")));
  EXPECT_THAT(plan.warnings, Contains(HasSubstr("savedbefore")));
  EXPECT_THAT(Made(WrongBy(-absl::Seconds(4398))).warnings,
              Not(Contains(HasSubstr("savedbefore"))));
}

TEST(PlanTest, AimsAtTheIntendedOffset) {
  PlanFacts facts = WrongBy(absl::Seconds(3));
  facts.policy.intended_offset = absl::Hours(-1);
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kQuiescedStep);
  EXPECT_EQ(plan.amount, -absl::Hours(1) - absl::Seconds(3));
  facts.offset = Interval::Exactly(absl::Hours(-1));
  EXPECT_EQ(Made(facts).way, PlanWay::kLeave);
}

TEST(PlanTest, LeavesWhatIsRight) {
  PlanFacts facts = WrongBy(absl::Milliseconds(40));
  facts.verdict = Verdict::kOk;
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kLeave);
  EXPECT_EQ(plan.amount, absl::ZeroDuration());
  EXPECT_THAT(plan.objections, IsEmpty());
  EXPECT_THAT(plan.reasons, ElementsAre(HasSubstr("within the ±50 ms")));
}

TEST(PlanTest, NeverSetsAClockByAGlitch) {
  PlanFacts facts = WrongBy(absl::Milliseconds(1));
  facts.verdict = Verdict::kOk;
  Finding glitch;
  glitch.code = FindingCode::kReadGlitch;
  glitch.active = false;
  glitch.last_seen = Now() - absl::Seconds(5);
  facts.findings.push_back(glitch);
  const Plan right = Made(facts);
  EXPECT_EQ(right.way, PlanWay::kLeave);
  EXPECT_THAT(Text(right.reasons), HasSubstr("never set by one"));

  facts = WrongBy(absl::Seconds(6));
  facts.findings.push_back(glitch);
  EXPECT_THAT(RailsOf(Made(facts)), ElementsAre(Rail::kGlitch));
  facts.findings[0].last_seen = Now() - absl::Seconds(61);
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
}

TEST(PlanTest, LeavesASmallOffsetToTheGuestsOwnHealthyDaemon) {
  PlanFacts facts =
      ChronyClaims(WrongBy(absl::Milliseconds(300)), absl::Milliseconds(20));
  facts.verdict_since = Now() - absl::Minutes(29);
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kDelegate);
  EXPECT_EQ(plan.amount, absl::ZeroDuration());
  EXPECT_THAT(Text(plan.reasons), HasSubstr("chrony.service"));
  // A daemon that is not synchronised mends nothing.
  facts.discipline->status = 0x0040;
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
  EXPECT_THAT(Text(Made(facts).reasons), HasSubstr("nothing may be slewed"));
}

TEST(PlanTest, RefusesWhatTheGuestsOwnSourcesWouldUndo) {
  PlanFacts facts =
      ChronyClaims(WrongBy(absl::Seconds(6)), absl::Milliseconds(20));
  facts.verdict_since = Now() - absl::Minutes(29);
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
  EXPECT_THAT(Made(facts).warnings,
              Contains(HasSubstr("mail starts only when it agrees")));
  facts.verdict_since = Now() - absl::Minutes(30);
  EXPECT_THAT(RailsOf(Made(facts)), ElementsAre(Rail::kDisputed));
  // It claims no more than it knows.
  facts.discipline->max_error = absl::Seconds(16);
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
}

TEST(PlanTest, LeavesAClockThatIsSlewedHomeInTime) {
  PlanFacts facts = WithService(WrongBy(absl::Seconds(30)), "chrony.service",
                                ServiceRole::kTimeDaemon);
  facts.drift.emplace();
  facts.drift->bar = {-83'400, -83'200};
  facts.drift->ppm = -83'300;
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kDelegate);
  EXPECT_THAT(Text(plan.reasons), HasSubstr("inside in 5 min"));
  // Too long, or the wrong way.
  facts.offset = facts.offset->WidenedBy(absl::Seconds(0)) +
                 Interval::Exactly(absl::Seconds(4000));
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
  facts.offset = Interval::Exactly(absl::Seconds(-30));
  EXPECT_EQ(Made(facts).way, PlanWay::kStep);
}

TEST(PlanTest, HoldsTheWholeWayOrNotAtAll) {
  PlanLimits limits;
  limits.hold_max = absl::Seconds(60);
  Plan plan = Made(WrongBy(absl::Seconds(6)), limits);
  EXPECT_EQ(absl::Trunc(plan.cost.hold, absl::Seconds(1)), absl::Seconds(6));
  EXPECT_THAT(Text(plan.reasons), HasSubstr("no time is shown twice"));
  plan = Made(WrongBy(absl::Seconds(61)), limits);
  EXPECT_EQ(plan.cost.hold, absl::ZeroDuration());
  // The lease has to bear it.
  limits.lease = absl::Seconds(35);
  plan = Made(WrongBy(absl::Seconds(6)), limits);
  EXPECT_EQ(plan.cost.hold, absl::ZeroDuration());
}

TEST(PlanTest, RefusesWithTheRailsName) {
  const PlanFacts sound = WrongBy(absl::Seconds(6));
  ASSERT_EQ(Made(sound).way, PlanWay::kQuiescedStep);
  struct Case {
    Rail rail;
    void (*spoil)(PlanFacts&);
  };
  const auto finding = [](PlanFacts& facts, FindingCode code,
                          absl::Duration age) {
    Finding found;
    found.code = code;
    found.last_seen = Now() - age;
    facts.findings.push_back(found);
  };
  static const auto* const add = new auto(finding);
  const Case cases[] = {
      {Rail::kSuspended, [](PlanFacts& f) { f.verdict = Verdict::kSuspended; }},
      {Rail::kNoData, [](PlanFacts& f) { f.verdict = Verdict::kUnknown; }},
      {Rail::kUncertain, [](PlanFacts& f) { f.verdict = Verdict::kUncertain; }},
      {Rail::kHostUnproven, [](PlanFacts& f) { f.host.bound.reset(); }},
      {Rail::kHostUnproven,
       [](PlanFacts& f) { f.host.bound = absl::Milliseconds(13); }},
      {Rail::kHostStepped, [](PlanFacts& f) { f.host.stepped = true; }},
      {Rail::kSamples, [](PlanFacts& f) { f.agreement.Forget(); }},
      {Rail::kUnpaused,
       [](PlanFacts& f) { f.unpaused = Now() - absl::Seconds(59); }},
      {Rail::kUnpaused,
       [](PlanFacts& f) {
         (*add)(f, FindingCode::kStoodStill, absl::Seconds(59));
       }},
      {Rail::kVcpus,
       [](PlanFacts& f) {
         (*add)(f, FindingCode::kVcpuDisagreement, absl::Hours(1));
       }},
      {Rail::kTwoMasters,
       [](PlanFacts& f) {
         (*add)(f, FindingCode::kTwoMasters, absl::Hours(1));
       }},
      {Rail::kCap,
       [](PlanFacts& f) {
         f.offset =
             Interval{absl::Hours(23), absl::Hours(24) + absl::Nanoseconds(1)};
       }},
      {Rail::kRange,
       [](PlanFacts& f) { f.host_realtime = absl::Seconds(946'684'799); }},
      {Rail::kRange,
       [](PlanFacts& f) { f.host_realtime = absl::Seconds(7'258'118'401); }},
      {Rail::kAgent, [](PlanFacts& f) { f.services.reset(); }},
      {Rail::kServices, [](PlanFacts& f) { f.services->clear(); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(RailName(c.rail));
    PlanFacts facts = sound;
    c.spoil(facts);
    const Plan plan = Made(facts);
    EXPECT_EQ(plan.way, PlanWay::kRefuse);
    EXPECT_EQ(plan.otherwise, PlanWay::kQuiescedStep);
    EXPECT_THAT(RailsOf(plan), ElementsAre(c.rail));
  }
}

TEST(PlanTest, ActsAgainAMinuteAfterAnUnpause) {
  PlanFacts facts = WrongBy(absl::Seconds(6));
  facts.unpaused = Now() - absl::Seconds(60);
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
}

TEST(PlanTest, LetsALeapSecondPass) {
  PlanFacts facts = WrongBy(absl::Seconds(1));
  Finding leap;
  leap.code = FindingCode::kLeapSecond;
  leap.last_seen = Now() - absl::Hours(23);
  facts.findings.push_back(leap);
  EXPECT_THAT(RailsOf(Made(facts)), ElementsAre(Rail::kLeapSecond));
  facts.offset = Interval::Exactly(absl::Seconds(2));
  EXPECT_EQ(Made(facts).way, PlanWay::kQuiescedStep);
}

TEST(PlanTest, RefusesWhatTheHostsOwnErrorMayExplain) {
  PlanFacts facts = WrongBy(absl::Milliseconds(55));
  facts.verdict = Verdict::kDiffers;
  facts.host.bound = absl::Milliseconds(6);
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kRefuse);
  EXPECT_THAT(RailsOf(plan), ElementsAre(Rail::kUncertain));
}

TEST(PlanTest, SaysWhatIsMissingWhereNothingWasMeasured) {
  PlanFacts facts;
  facts.reason = "no answer for 3 polls";
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kRefuse);
  EXPECT_THAT(RailsOf(plan), Contains(Rail::kNoData));
  EXPECT_THAT(plan.objections[0].why, HasSubstr("no answer for 3 polls"));
  EXPECT_THAT(plan.reasons, ElementsAre("Its clock was never measured."));
}

TEST(PlanTest, TellsThatTheHostIsOnlyDeclared) {
  PlanFacts facts = WrongBy(absl::Seconds(6));
  facts.declared = true;
  facts.host.bound = absl::ZeroDuration();
  const Plan plan = Made(facts);
  EXPECT_EQ(plan.way, PlanWay::kQuiescedStep);
  EXPECT_THAT(plan.warnings, Contains(HasSubstr("declared right")));
}

TEST(PlanTest, WarnsOfAClockThatWillRunOffAgain) {
  PlanFacts facts = WrongBy(absl::Seconds(6));
  facts.drift.emplace();
  facts.drift->bar = {178, 181};
  facts.drift->ppm = 180;
  EXPECT_THAT(Made(facts).warnings,
              Contains(HasSubstr("180 ppm, which no step mends: it will be "
                                 "outside again after about 4 min")));
}

}  // namespace
}  // namespace noonmark
