#include "common/detect/leap_second.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::VirtualMachine;
using testing::WatchedGuest;

// 2016-12-31 23:59:59 UTC, and the second after it is inserted.
constexpr absl::Duration kMidnight = absl::Seconds(1'483'228'800);
constexpr absl::Duration kSecond = absl::Seconds(1);
const LeapState kNothing = {};
const LeapState kAnnounced = {.announced = 1, .tai_offset_s = 36};
const LeapState kStillAnnounced = {
    .announced = 1, .read_with_clocks = true, .tai_offset_s = 36};
const LeapState kCounted = {
    .announced = 0, .read_with_clocks = true, .tai_offset_s = 37};

Interval About(absl::Duration d) {
  return Interval::Exactly(d).WidenedBy(absl::Microseconds(2));
}

TEST(LeapSecondTest, IsASecondAtTheEndOfADayThatTheKernelTellsOf) {
  const absl::Duration poll = absl::Seconds(5);
  EXPECT_TRUE(IsLeapSecond(About(-kSecond), kAnnounced, kAnnounced,
                           kMidnight + kSecond, poll));
  EXPECT_TRUE(IsLeapSecond(About(-kSecond), kAnnounced, kCounted,
                           kMidnight + kSecond, poll));
  EXPECT_TRUE(IsLeapSecond(About(-kSecond),
                           {.announced = 0, .tai_offset_s = 36}, kCounted,
                           kMidnight + kSecond * 3, poll));
  EXPECT_TRUE(IsLeapSecond(About(-kSecond), kAnnounced, kNothing,
                           kMidnight - kSecond / 2, poll));  // 23:59:59 again
  EXPECT_TRUE(IsLeapSecond(About(kSecond),
                           {.announced = -1, .tai_offset_s = 36}, kNothing,
                           kMidnight + kSecond, poll));
}

TEST(LeapSecondTest, IsNoneWhereAnythingDoesNotFit) {
  const absl::Duration poll = absl::Seconds(5);
  const absl::Duration after = kMidnight + kSecond;
  EXPECT_FALSE(IsLeapSecond(About(-kSecond), kNothing, kNothing, after, poll));
  EXPECT_FALSE(IsLeapSecond(About(kSecond), kAnnounced, kCounted, after, poll));
  EXPECT_FALSE(
      IsLeapSecond(About(-kSecond * 2), kAnnounced, kCounted, after, poll));
  EXPECT_FALSE(IsLeapSecond(Interval{-kSecond * 2, absl::ZeroDuration()},
                            kAnnounced, kCounted, after, poll));
  EXPECT_FALSE(IsLeapSecond(About(-kSecond), kAnnounced, kCounted,
                            kMidnight + absl::Hours(12), poll));
  // Announced, but the kernel has not made one: somebody set the clock.
  EXPECT_FALSE(
      IsLeapSecond(About(-kSecond), kAnnounced, kStillAnnounced, after, poll));
  // The offset from TAI was set from nothing, by a daemon.
  EXPECT_FALSE(IsLeapSecond(About(-kSecond),
                            {.announced = 0, .tai_offset_s = 0}, kCounted,
                            after, poll));
}

TEST(LeapSecondTest, KnowsTheEndOfADayBefore1970) {
  EXPECT_TRUE(IsLeapSecond(About(-kSecond), kAnnounced, kCounted,
                           -absl::Hours(24) + kSecond, absl::Seconds(5)));
  EXPECT_FALSE(IsLeapSecond(About(-kSecond), kAnnounced, kCounted,
                            -absl::Hours(12), absl::Seconds(5)));
}

class LeapSecondStoryTest : public ::testing::Test {
 protected:
  LeapSecondStoryTest() {
    VirtualMachine::Start start;
    start.realtime = kMidnight - absl::Seconds(12);
    w_.pair.host = VirtualMachine(start);
    w_.pair.guest = VirtualMachine(start);
    guest_.status = 0x0011;  // STA_PLL | STA_INS
    guest_.tai_offset_s = 36;
    w_.discipline = guest_;
    w_.tamper = [&](Exchange& e) { e.guest.discipline = guest_; };
    w_.Polls(2);
  }
  KernelDiscipline guest_;
  WatchedGuest w_;
};

TEST_F(LeapSecondStoryTest, BlamesNobodyWhereBothLeap) {
  w_.Pass(absl::Seconds(12) - w_.pair.now);
  w_.StepHost(-kSecond);
  w_.SetGuest(-kSecond);
  guest_.tai_offset_s = 37;
  w_.ForgetVerdicts();
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("(leap-second)"));
  EXPECT_TRUE(w_.host.findings().Find(FindingCode::kLeapSecond).has_value());
  EXPECT_FALSE(w_.host.findings().Find(FindingCode::kHostStepped).has_value());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
  EXPECT_FALSE(w_.Was(Verdict::kSuspended));
  EXPECT_FALSE(w_.Was(Verdict::kWrong));
}

TEST_F(LeapSecondStoryTest, SaysOfAGuestThatWasNotToldThatItStayedBehind) {
  guest_.status = 0x0001;
  w_.Pass(absl::Seconds(12) - w_.pair.now);
  w_.StepHost(-kSecond);
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("left-behind-by-host-step"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(LeapSecondStoryTest, CallsASecondAtAnotherTimeASet) {
  w_.SetGuest(-kSecond);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
}

}  // namespace
}  // namespace noonmark
