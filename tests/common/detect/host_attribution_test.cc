// Who answers, what the host does meanwhile, and what was so from the start.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/common/detect/attribution_test.h"

namespace noonmark {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kTwoTo42;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing::VirtualMachine;
using testing::WatchedGuest;

class HostAttributionTest : public testing::AttributionTest {};

// --- who it is ---

TEST_F(HostAttributionTest, BeginsAnewAfterAReboot) {
  w_.SetGuest(absl::Seconds(-6));
  w_.Polls(2);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  w_.pair.guest.Reboot(w_.pair.now);
  w_.SetGuest(absl::Seconds(6), false);  // it booted with the right time
  w_.Poll();
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("(rebooted)", "(clock-set)"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

TEST_F(HostAttributionTest, TellsSinceWhenARebootedGuestIsUnknown) {
  w_.pair.guest.Reboot(w_.pair.now);
  const MonotonicTime now = w_.Now();
  Exchange e = w_.pair.Ask();
  w_.guest.OnExchange(e);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kUnknown);
  EXPECT_GE(w_.guest.verdict_since(), now);
}

TEST_F(HostAttributionTest, ForgetsRatesWhenTheClocksourceChanges) {
  w_.Polls(30);
  ASSERT_TRUE(w_.guest.rate().has_value());
  w_.pair.guest.clocksource = "xen";
  w_.pair.guest.SetRate(w_.pair.now, 90'000);
  w_.Poll();
  EXPECT_FALSE(w_.guest.rate().has_value());
  w_.Polls(30);
  EXPECT_LE(w_.guest.rate()->lo_ppm, 90);
  EXPECT_GE(w_.guest.rate()->hi_ppm, 90);
  EXPECT_THAT(w_.Codes(), IsEmpty());
}

TEST_F(HostAttributionTest, BlamesNoRateOfTheLastClocksourceOnTheNext) {
  w_.pair.guest.SetRate(w_.pair.now, 180'000);
  w_.Polls(30);
  ASSERT_THAT(w_.Codes(), ElementsAre("rate-fault"));
  w_.pair.guest.clocksource = "xen";
  w_.pair.guest.SetRate(w_.pair.now, 0);
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("(rate-fault)"));
}

// RAW goes on over the change.
TEST_F(HostAttributionTest, NamesALeapInTheGapInWhichTheClocksourceChanges) {
  for (const absl::Duration by :
       {absl::Milliseconds(700), absl::Seconds(90), absl::Seconds(-6)}) {
    WatchedGuest w;
    w.Polls(3);
    w.pair.guest.clocksource = "xen";
    w.LeapGuest(by);
    w.Polls(2);
    EXPECT_THAT(w.Codes(),
                ElementsAre(by > absl::ZeroDuration() ? "counter-jump"
                                                      : "stood-still"));
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
    EXPECT_TRUE(w.OffsetHolds());
  }
}

TEST_F(HostAttributionTest, NamesALeapWithinTheBurstThatShowsTheChange) {
  w_.BeforeExchange(3, [&] {
    w_.pair.guest.clocksource = "hpet";
    w_.LeapGuest(absl::Seconds(90));
  });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("counter-jump"));
}

TEST_F(HostAttributionTest, StillTellsOfASetWhenTheClocksourceChanges) {
  w_.pair.guest.clocksource = "hpet";
  w_.SetGuest(absl::Seconds(-6));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
}

// --- the host ---

TEST_F(HostAttributionTest, BlamesNobodyForAStepOfTheHost) {
  for (const int at : {0, 3}) {
    WatchedGuest w;
    w.Polls(3);
    w.BeforeExchange(at, [&] { w.StepHost(absl::Seconds(30)); });
    for (int i = 0; i < 59; ++i) {
      w.Poll();
      ASSERT_EQ(w.guest.verdict(), Verdict::kSuspended) << i;
      ASSERT_EQ(w.guest.reason(), "host-stepped");
      ASSERT_THAT(w.Codes(), IsEmpty());
    }
    EXPECT_TRUE(w.host.findings().IsActive(FindingCode::kHostStepped));
  }
}

TEST_F(HostAttributionTest, BlamesNobodyForAStepOfTheHostInsideAnExchange) {
  for (const int during : {1, 2, 3}) {
    for (const absl::Duration by : {absl::Seconds(30), -absl::Seconds(30)}) {
      WatchedGuest w;
      w.Polls(3);
      w.WithinExchange(during, [&] { w.StepHost(by); });
      w.Polls(4);
      EXPECT_THAT(w.Codes(), IsEmpty());
      EXPECT_EQ(w.guest.verdict(), Verdict::kSuspended);
      EXPECT_TRUE(w.OffsetHolds());
    }
  }
}

TEST_F(HostAttributionTest, BlamesNobodyForASlewOfTheHost) {
  w_.pair.host.SetSlew(w_.pair.now, 83'333'000);
  for (int i = 0; i < 20; ++i) {
    w_.Burst();
    w_.Pass(absl::Milliseconds(20));
    ASSERT_TRUE(w_.OffsetHolds());
  }
  w_.Polls(10);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  EXPECT_TRUE(w_.OffsetHolds());
}

TEST_F(HostAttributionTest, BlamesNobodyForASleepOfTheHost) {
  w_.pair.host.Sleep(w_.pair.now, absl::Hours(1));
  w_.Pass(absl::Hours(1));
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kSuspended);  // its REALTIME was set
}

TEST_F(HostAttributionTest, FindsTwoCausesWhereHostAndGuestWereSetInOneGap) {
  w_.StepHost(absl::Seconds(30));
  w_.SetGuest(absl::Seconds(-6));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(-6)));
  EXPECT_TRUE(w_.host.findings()
                  .Find(FindingCode::kHostStepped)
                  ->size->Contains(absl::Seconds(30)));
  EXPECT_TRUE(w_.guest.offset()->Contains(absl::Seconds(-36)));
}

TEST_F(HostAttributionTest, FindsTheGuestThatTheHostsStepLeftBehind) {
  for (const absl::Duration by : {absl::Seconds(30), -absl::Hours(1)}) {
    WatchedGuest w;
    w.Polls(3);
    w.StepHost(by);
    w.Polls(65);
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
    EXPECT_THAT(w.Codes(), ElementsAre("left-behind-by-host-step"));
    EXPECT_TRUE(w.Get(FindingCode::kLeftBehindByHostStep).size->Contains(by));
    // It follows at last.
    w.SetGuest(by);
    w.Polls(20);
    EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
    EXPECT_THAT(w.Codes(), Not(Contains("left-behind-by-host-step")));
  }
}

TEST_F(HostAttributionTest, AddsUpTheHostsSteps) {
  w_.StepHost(absl::Seconds(30));
  w_.Polls(2);
  w_.StepHost(absl::Seconds(-10));
  w_.Polls(65);
  EXPECT_TRUE(
      SizeOf(FindingCode::kLeftBehindByHostStep).Contains(absl::Seconds(20)));
}

TEST_F(HostAttributionTest, JudgesByNoOffsetFromBeforeTheHostsStep) {
  // Narrow bounds before the step, wide ones after it, in one burst; the
  // host's daemon proves it at once.
  WatchedGuest::Options options;
  options.host.trust = HostTrust::kProven;
  WatchedGuest w(options);
  w.discipline = KernelDiscipline();
  w.discipline->max_error = absl::Milliseconds(5);
  w.discipline->estimated_error = absl::Microseconds(1);
  w.Polls(3);
  w.BeforeExchange(4, [&] {
    w.StepHost(absl::Seconds(30));
    w.way.out = w.way.back = absl::Milliseconds(3);
  });
  w.Burst();
  EXPECT_TRUE(w.guest.offset()->Contains(absl::Seconds(-30)));
}

// --- as it is found ---

TEST_F(HostAttributionTest, NamesAClockInLocalTimeFromTheStart) {
  for (const absl::Duration by :
       {absl::Hours(1), -absl::Hours(7), absl::Minutes(345)}) {
    WatchedGuest w;
    w.SetGuest(by, false);
    w.Polls(2);
    EXPECT_THAT(w.Codes(), ElementsAre("rtc-local-time"));
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
  }
}

TEST_F(HostAttributionTest, DoesNotCallASetByAnHourLocalTime) {
  w_.SetGuest(absl::Hours(1));
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_EQ(SignatureOf(FindingCode::kClockSet), "1 h");
}

TEST_F(HostAttributionTest, SaysOfAnOffsetThatWasFoundWhatItsSizeIs) {
  for (const absl::Duration was_off :
       {absl::ZeroDuration(), absl::Milliseconds(-300)}) {
    for (const absl::Duration leap : {kTwoTo42, -kTwoTo42}) {
      WatchedGuest w;
      w.SetGuest(leap + was_off, false);
      w.Polls(3);
      EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
      EXPECT_THAT(w.Codes(), IsEmpty());  // nobody saw it: no proof
      EXPECT_THAT(std::string(w.guest.reason()), HasSubstr("2^42 ns"));
    }
  }
}

TEST_F(HostAttributionTest, NamesNoLeapForAnOffsetThatDriftsThroughAKnownSize) {
  // 2^32 ns = 4.294967296 s, from below; and a guest that was right before.
  for (const absl::Duration start : {absl::Seconds(4), absl::ZeroDuration()}) {
    WatchedGuest w;
    w.SetGuest(start, false);
    w.pair.guest.SetRate({}, 490'000);
    for (int i = 0; i < 2000; ++i) {
      w.Poll();
      ASSERT_THAT(w.Codes(), Not(Contains("counter-jump"))) << i;
    }
    EXPECT_GT(w.guest.offset()->lo, absl::Nanoseconds(int64_t{1} << 32));
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
  }
}

TEST_F(HostAttributionTest, SaysOfADateBefore2000ThatTheClockWasNeverSet) {
  VirtualMachine::Start start;
  start.realtime = absl::Seconds(5);
  WatchedGuest w;
  w.pair.guest = VirtualMachine(start);
  w.Polls(2);
  EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
  EXPECT_THAT(w.Codes(), ElementsAre("clock-unset"));
  w.SetGuest(absl::Seconds(1'735'689'595));
  w.Polls(12);
  EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
  EXPECT_THAT(w.Codes(), UnorderedElementsAre("(clock-unset)", "(clock-set)"));
}

}  // namespace
}  // namespace noonmark
