#include "common/detect/pause_log.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace noonmark {
namespace {

MonotonicTime At(double seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

Interval Between(double lo, double hi) {
  return {absl::Seconds(lo), absl::Seconds(hi)};
}

class PauseLogTest : public ::testing::Test {
 protected:
  Interval Lasted(double begin, double end) {
    const auto told = log_.Between(At(begin), At(end));
    return told.has_value() ? told->lasted : Interval();
  }
  bool Nothing(double begin, double end) {
    return !log_.Between(At(begin), At(end)).has_value();
  }

  PauseLog log_;
};

TEST_F(PauseLogTest, KnowsOfNothingThatWasNotTold) {
  EXPECT_TRUE(Nothing(0, 1000));
  EXPECT_FALSE(log_.open());
  EXPECT_FALSE(log_.resumed().has_value());
  log_.OnListedRunning(At(5));
  log_.OnAnswer(At(6), At(7));
  EXPECT_TRUE(Nothing(0, 1000));
  EXPECT_FALSE(log_.resumed().has_value());
}

// Either event may have come late, by up to a second.
TEST_F(PauseLogTest, BoundsAPauseBetweenTwoEvents) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  EXPECT_TRUE(log_.open());
  EXPECT_FALSE(log_.resumed().has_value());
  log_.OnResumed(At(190));
  EXPECT_FALSE(log_.open());
  EXPECT_EQ(log_.resumed(), At(190));
  EXPECT_EQ(Lasted(98, 191), Between(89, 91));
  EXPECT_EQ(log_.Between(At(98), At(191))->count, 1);
  EXPECT_EQ(log_.Between(At(98), At(191))->kind, PauseKind::kPaused);
}

TEST_F(PauseLogTest, HoldsThatAPauseIsNoShorterThanNothing) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnResumed(At(100.5));
  EXPECT_EQ(Lasted(90, 200), Between(0, 1.5));
}

TEST_F(PauseLogTest, CountsOnlyWhatTouchesTheTime) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnResumed(At(110));
  EXPECT_TRUE(Nothing(110, 120));
  EXPECT_FALSE(Nothing(109.9, 120));
  EXPECT_TRUE(Nothing(50, 99));  // it cannot have begun earlier
  EXPECT_FALSE(Nothing(50, 99.1));
}

TEST_F(PauseLogTest, AddsUpThePausesOfOneGap) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnResumed(At(110));
  log_.OnPaused(PauseKind::kSaved, At(120));
  log_.OnResumed(At(150));
  const auto told = log_.Between(At(99), At(160));
  EXPECT_EQ(told->lasted, Between(38, 42));
  EXPECT_EQ(told->count, 2);
  EXPECT_EQ(told->kind, PauseKind::kSaved);
}

TEST_F(PauseLogTest, AddsUpAnyNumberOfPauses) {
  for (int i = 0; i < 20; ++i) {
    log_.OnPaused(PauseKind::kPaused, At(100 + 10 * i));
    log_.OnResumed(At(105 + 10 * i));
  }
  const auto told = log_.Between(At(99), At(1000));
  EXPECT_EQ(told->lasted, Between(20 * 4, 20 * 6));
  EXPECT_EQ(told->count, 20);
  EXPECT_LE(log_.HeapBytes(), 1024u);
}

TEST_F(PauseLogTest, CountsNoPauseTwice) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnResumed(At(190));
  log_.Count(At(189.5));
  EXPECT_TRUE(Nothing(98, 191));
  log_.OnPaused(PauseKind::kPaused, At(200));
  log_.OnResumed(At(207));
  EXPECT_EQ(Lasted(98, 210), Between(6, 8));
}

// --- what nobody heard ---

TEST_F(PauseLogTest, EndsAPauseAtTheFirstAnswerToALaterQuestion) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnAnswer(At(99), At(101));  // on its way
  EXPECT_TRUE(log_.open());
  log_.OnAnswer(At(105), At(190));
  EXPECT_FALSE(log_.open());
  EXPECT_EQ(log_.resumed(), At(190));
  EXPECT_EQ(Lasted(98, 200), Between(0, 91));
}

TEST_F(PauseLogTest, KnowsTheEndBetterWhenItsEventComesAfterTheAnswer) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnAnswer(At(105), At(190));
  log_.Count(At(190));
  log_.OnResumed(At(190.3));
  EXPECT_TRUE(Nothing(98, 200));  // no other pause
  log_.OnPaused(PauseKind::kPaused, At(300));
  log_.OnAnswer(At(305), At(390));
  log_.OnResumed(At(390.3));
  EXPECT_EQ(Lasted(298, 400), Between(89.3, 91));
}

TEST_F(PauseLogTest, NarrowsAPauseByWhatIsListed) {
  log_.OnListedPaused(At(100));
  EXPECT_TRUE(log_.open());
  EXPECT_EQ(Lasted(70, 150), Between(0, 81));
  log_.OnListedPaused(At(130));
  log_.OnListedRunning(At(160));
  EXPECT_EQ(Lasted(70, 170), Between(29, 91));
}

TEST_F(PauseLogTest, TakesAListForNoSecondPause) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnListedPaused(At(100.01));
  log_.OnResumed(At(190));
  log_.OnListedRunning(At(190.01));
  EXPECT_EQ(Lasted(98, 200), Between(89, 91));
  EXPECT_EQ(log_.Between(At(98), At(200))->count, 1);
}

TEST_F(PauseLogTest, HoldsAPauseThatNobodyHeardBeginForAsLongAsItMayBe) {
  log_.OnResumed(At(190));
  EXPECT_EQ(Lasted(100, 191), Between(0, 91));
  EXPECT_EQ(log_.resumed(), At(190));
}

TEST_F(PauseLogTest, TellsAMoveFromAPause) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnPaused(PauseKind::kMoved, At(100.1));
  EXPECT_EQ(log_.kind(), PauseKind::kMoved);
  log_.OnResumed(At(101));
  EXPECT_EQ(log_.Between(At(98), At(102))->count, 1);
  EXPECT_EQ(log_.Between(At(98), At(102))->kind, PauseKind::kMoved);
}

// --- in words ---

TEST_F(PauseLogTest, SaysWhatWasHeard) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.OnResumed(At(190.04));
  EXPECT_EQ(InWords(*log_.Between(At(98), At(191))),
            "libvirt paused it for 90.0 s");
  log_.OnPaused(PauseKind::kSaved, At(200));
  log_.OnResumed(At(200.3));
  EXPECT_EQ(InWords(*log_.Between(At(98), At(201))),
            "libvirt saved it 2 times, for 90.3 s in all");
}

TEST_F(PauseLogTest, SaysHowLongItMayHaveBeenWhereAnEventWasNotHeard) {
  log_.OnPaused(PauseKind::kMoved, At(100));
  log_.OnAnswer(At(150), At(190));
  EXPECT_EQ(InWords(*log_.Between(At(98), At(191))),
            "libvirt moved it, which stopped it for 0.0 s to 91.0 s");
}

TEST_F(PauseLogTest, ForgetsAll) {
  log_.OnPaused(PauseKind::kPaused, At(100));
  log_.Forget();
  EXPECT_FALSE(log_.open());
  EXPECT_TRUE(Nothing(0, 1000));
  EXPECT_FALSE(log_.resumed().has_value());
}

}  // namespace
}  // namespace noonmark
