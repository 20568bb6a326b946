#include "common/detect/two_masters.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/time/time.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::VirtualMachine;

class TwoMastersTest : public ::testing::Test {
 protected:
  void Look() { masters_.Add(LocalReadingOf(machine_.Read(now_), Now())); }
  void Pass(absl::Duration d) {
    for (const absl::Duration end = now_ + d; now_ < end;) {
      now_ += absl::Seconds(5);
      Look();
    }
  }
  void Set(absl::Duration by) { machine_.SetRealtime(now_, by); }
  MonotonicTime Now() { return MonotonicTime::FromReading(now_); }
  bool Fight() { return masters_.swings(Now()).has_value(); }

  VirtualMachine machine_;
  absl::Duration now_ = absl::Seconds(1);
  TwoMasters masters_;
};

TEST_F(TwoMastersTest, SeesSetsThereAndBack) {
  Pass(absl::Seconds(10));
  for (int i = 0; i < 2; ++i) {
    Set(absl::Seconds(6));
    Pass(absl::Seconds(60));
    EXPECT_FALSE(Fight()) << "set wrong, put right, set wrong: " << i;
    Set(-absl::Seconds(6));
    Pass(absl::Seconds(60));
  }
  ASSERT_TRUE(Fight());
  const TwoMasters::Swings swings = *masters_.swings(Now());
  EXPECT_EQ(swings.turns, 3);
  EXPECT_NEAR(absl::ToDoubleSeconds(swings.widest), 6, 0.001);
  EXPECT_LT(swings.first, swings.last);
}

// One pulls slowly by slewing, the other sets it back: a saw.
TEST_F(TwoMastersTest, SeesASaw) {
  machine_.SetSlew(now_, 500'000);
  for (int i = 0; i < 4; ++i) {
    Pass(absl::Minutes(4));
    Set(-absl::Milliseconds(120));
  }
  Look();
  EXPECT_TRUE(Fight());
}

TEST_F(TwoMastersTest, SeesTwoThatSlew) {
  for (int i = 0; i < 5; ++i) {
    machine_.SetSlew(now_, i % 2 == 0 ? 83'333'000 : -83'333'000);
    Pass(absl::Seconds(10));
  }
  EXPECT_TRUE(Fight());
}

TEST_F(TwoMastersTest, LetsOneMasterWork) {
  // Set every hour by cron, always the same way; corrected by slewing; set
  // wrong once and put right.
  machine_.SetSlew(now_, 180'000);
  for (int i = 0; i < 24; ++i) {
    Pass(absl::Hours(1));
    Set(absl::Milliseconds(700));
  }
  EXPECT_FALSE(Fight());
  Set(absl::Hours(1));
  Pass(absl::Minutes(1));
  Set(-absl::Hours(1));
  Pass(absl::Minutes(1));
  EXPECT_FALSE(Fight());
}

TEST_F(TwoMastersTest, LetsADaemonSearchForANoisySource) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int64_t> noise_ns(-20'000'000, 20'000'000);
  const absl::Duration right =
      machine_.Realtime(now_).FloorNanoseconds() - now_;
  for (int i = 0; i < 2000; ++i) {
    const absl::Duration off =
        machine_.Realtime(now_).FloorNanoseconds() - now_ - right;
    machine_.SetSlew(now_,
                     -(absl::ToInt64Nanoseconds(off) + noise_ns(random)) / 16);
    Pass(absl::Seconds(15));
    ASSERT_FALSE(Fight()) << i;
  }
}

TEST_F(TwoMastersTest, ForgetsWhatIsLongPast) {
  for (int i = 0; i < 10; ++i) {
    Set(absl::Seconds(i % 2 == 0 ? 6 : -6));
    Pass(TwoMasters::kMemory + absl::Seconds(10));
    ASSERT_FALSE(Fight()) << i;
  }
}

TEST_F(TwoMastersTest, EndsWhenTheyAgree) {
  for (int i = 0; i < 6; ++i) {
    Set(absl::Seconds(i % 2 == 0 ? 6 : -6));
    Pass(absl::Seconds(10));
  }
  ASSERT_TRUE(Fight());
  Pass(TwoMasters::kMemory);
  EXPECT_FALSE(Fight());
}

// Saved and restored again and again, the kernel makes up for it each time.
TEST_F(TwoMastersTest, TakesSleepForNoWay) {
  for (int i = 0; i < 8; ++i) {
    machine_.Sleep(now_, absl::Minutes(2));
    now_ += absl::Minutes(2);
    Pass(absl::Seconds(30));
    Set(-absl::Milliseconds(10));
    ASSERT_FALSE(Fight()) << i;
  }
}

TEST_F(TwoMastersTest, PassesOverReadingsThatTookLong) {
  for (int i = 0; i < 10; ++i) {
    Bracket late = Bracket::Even(absl::Nanoseconds(100));
    late.gaps[1] = absl::Milliseconds(i % 2 == 0 ? 900 : 0);
    masters_.Add(LocalReadingOf(machine_.Read(now_, late), Now()));
    now_ += absl::Seconds(5);
  }
  EXPECT_FALSE(Fight());
}

}  // namespace
}  // namespace noonmark
