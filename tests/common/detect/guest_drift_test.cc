// How a guest's clock drifts, as the judgement over it tells.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "common/detect/guest_assessor.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using ::noonmark::testing::WatchedGuest;

bool Holds(const RateInterval& rate, double ppm) {
  return rate.lo_ppm <= ppm && ppm <= rate.hi_ppm;
}

TEST(GuestDriftTest, IsThatOfTheClockWithWhatATimeDaemonDoesToIt) {
  WatchedGuest w;
  // A counter 40 ppm fast, slewed back by 30 of them.
  w.pair.guest.SetRate(w.pair.now, 40'000);
  w.pair.guest.SetSlew(w.pair.now, -30'000);
  w.Polls(150);
  ASSERT_TRUE(w.guest.drift().has_value());
  const DriftEstimate drift = *w.guest.drift();
  EXPECT_TRUE(drift.straight);
  EXPECT_TRUE(Holds(drift.bar, 9.9988));  // -30 ppm of 1.00004
  EXPECT_NEAR(drift.ppm, 10, 0.5);
  EXPECT_GE(drift.window, absl::Minutes(10));
  // And the counter's is another.
  ASSERT_TRUE(w.guest.rate().has_value());
  EXPECT_TRUE(Holds(*w.guest.rate(), 40));
  EXPECT_FALSE(Holds(drift.bar, 40));
}

TEST(GuestDriftTest, HasTheHostsOwnSlewInIt) {
  WatchedGuest w;
  w.pair.host.SetSlew(w.pair.now, 100'000);
  w.Polls(150);
  ASSERT_TRUE(w.guest.drift().has_value());
  EXPECT_TRUE(Holds(w.guest.drift()->bar, -100));
}

TEST(GuestDriftTest, TellsWhenAWarningIsDue) {
  WatchedGuest w;
  w.pair.guest.SetRate(w.pair.now, 50'000);
  w.Polls(150);
  ASSERT_TRUE(w.guest.UntilWarning(w.guest.drift()).has_value());
  const Interval due = *w.guest.UntilWarning(w.guest.drift());
  // 500 ms at 50 us a second are 10000 s, of which 750 are over.
  const absl::Duration left = absl::Seconds(10'000 - 745);
  EXPECT_TRUE(due.WidenedBy(absl::Seconds(6)).Contains(left));
  EXPECT_LT(due.Width(), absl::Seconds(200));
  EXPECT_EQ(w.guest.verdict(), Verdict::kOk);

  GuestPolicy policy = w.guest.policy();
  policy.intended_offset = absl::Milliseconds(400);
  w.guest.SetPolicy(policy, w.Now());
  EXPECT_FALSE(w.guest.UntilWarning(w.guest.drift()).has_value())
      << "it leads there";
  policy.intended_offset = absl::Milliseconds(-600);
  w.guest.SetPolicy(policy, w.Now());
  EXPECT_EQ(w.guest.UntilWarning(w.guest.drift()),
            Interval::Exactly(absl::ZeroDuration()));
}

TEST(GuestDriftTest, IsToldOfAGuestTooFastForABand) {
  WatchedGuest w;
  w.pair.guest.SetRate(w.pair.now, 300'000);
  w.Polls(150);
  ASSERT_TRUE(w.guest.drift().has_value());
  EXPECT_TRUE(Holds(w.guest.drift()->bar, 300));
}

struct Mover {
  std::string name;
  std::function<void(WatchedGuest&)> move;
};

// Each moves the offset at once, or ends the comparison.
TEST(GuestDriftTest, BeginsAnewAfterWhateverMovesTheOffsetAtOnce) {
  const std::vector<Mover> movers = {
      {"set", [](WatchedGuest& w) { w.SetGuest(absl::Milliseconds(30)); }},
      {"set, untold",
       [](WatchedGuest& w) { w.SetGuest(absl::Seconds(-3), false); }},
      {"set by a leap second",
       [](WatchedGuest& w) { w.SetGuest(absl::Seconds(-1)); }},
      {"leap", [](WatchedGuest& w) { w.LeapGuest(absl::Seconds(4398)); }},
      {"leap of MONOTONIC",
       [](WatchedGuest& w) {
         w.pair.guest.LeapTimekeeping(w.pair.now, absl::Seconds(5));
       }},
      {"stood still",
       [](WatchedGuest& w) {
         w.pair.guest.StandStill(w.pair.now, absl::Seconds(20));
         w.Pass(absl::Seconds(20));
       }},
      {"slept",
       [](WatchedGuest& w) {
         w.pair.guest.Sleep(w.pair.now, absl::Seconds(60));
         w.Pass(absl::Seconds(60));
       }},
      {"reboot",
       [](WatchedGuest& w) {
         w.pair.guest.Reboot(w.pair.now);
         w.pair.guest.SetRate(w.pair.now, 20'000);
       }},
      {"clocksource",
       [](WatchedGuest& w) { w.pair.guest.clocksource = "hpet"; }},
      {"step of the host",
       [](WatchedGuest& w) { w.StepHost(absl::Seconds(2)); }},
  };
  for (const Mover& mover : movers) {
    SCOPED_TRACE(mover.name);
    WatchedGuest w;
    w.pair.guest.SetRate(w.pair.now, 20'000);
    w.Polls(40);
    ASSERT_TRUE(w.guest.drift().has_value());
    mover.move(w);
    w.Polls(3);
    EXPECT_FALSE(w.guest.drift().has_value());
    // A host that was stepped is not judged by for five minutes.
    w.Polls(80);
    ASSERT_TRUE(w.guest.drift().has_value());
    EXPECT_TRUE(w.guest.drift()->straight);
    EXPECT_TRUE(Holds(w.guest.drift()->bar, 20));
  }
}

TEST(GuestDriftTest, IsNotMovedByOneMisread) {
  WatchedGuest w;
  w.pair.guest.SetRate(w.pair.now, 20'000);
  w.Polls(40);
  const absl::Duration before = w.guest.drift()->window;
  w.pair.guest.Glitch(absl::Seconds(4398), testing::kWholeGroup, 1);
  w.Polls(20);
  ASSERT_TRUE(w.guest.drift().has_value());
  EXPECT_GT(w.guest.drift()->window, before);
  EXPECT_TRUE(w.guest.drift()->straight);
  EXPECT_TRUE(Holds(w.guest.drift()->bar, 20));
}

TEST(GuestDriftTest, IsNotToldOfAGuestThatSaysNothing) {
  WatchedGuest w;
  w.Polls(40);
  ASSERT_TRUE(w.guest.drift().has_value());
  w.guest.OnUnreachable("no answer for 3 polls", w.Now());
  EXPECT_FALSE(w.guest.drift().has_value());
  EXPECT_FALSE(w.guest.UntilWarning(w.guest.drift()).has_value());
  w.Polls(1);
  EXPECT_TRUE(w.guest.drift().has_value());
  w.guest.OnPaused(w.Now());
  EXPECT_FALSE(w.guest.drift().has_value());
}

}  // namespace
}  // namespace noonmark
