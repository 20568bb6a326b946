#include "common/detect/local_line.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "absl/time/time.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::VirtualMachine;

class LocalLineTest : public ::testing::Test {
 protected:
  LocalReading Read(absl::Duration width = absl::Nanoseconds(400)) {
    now_ += absl::Seconds(1);
    const LocalReading reading =
        LocalReadingOf(machine_.Read(now_, Bracket::Even(width)),
                       MonotonicTime::FromReading(now_));
    now_ += width;
    return reading;
  }
  bool Add(const LocalReading& reading) {
    return line_.Add(before_, reading, kFastestSlew);
  }

  VirtualMachine machine_;
  absl::Duration now_;
  LocalReading before_ = Read();
  LocalLine line_;
};

TEST_F(LocalLineTest, SeesEachMovementByItself) {
  machine_.SetRealtime(now_, absl::Seconds(-6));
  LocalReading after = Read();
  LocalMovement moved = MovementBetween(before_, after, kFastestSlew);
  EXPECT_TRUE(moved.WasSet());
  EXPECT_FALSE(moved.Slept());
  EXPECT_FALSE(moved.leapt);
  EXPECT_TRUE(moved.Size().Contains(absl::Seconds(-6)));

  before_ = after;
  machine_.Sleep(now_, absl::Seconds(60));
  now_ += absl::Seconds(60);
  after = Read();
  moved = MovementBetween(before_, after, kFastestSlew);
  EXPECT_TRUE(moved.WasSet());  // REALTIME went on while MONOTONIC stood
  EXPECT_TRUE(moved.Slept());
  EXPECT_TRUE(moved.slept.Contains(absl::Seconds(60)));
  EXPECT_FALSE(moved.leapt);

  before_ = after;
  machine_.LeapTimekeeping(now_, absl::Seconds(3));
  after = Read();
  moved = MovementBetween(before_, after, kFastestSlew);
  EXPECT_FALSE(moved.WasSet());
  EXPECT_FALSE(moved.Slept());
  EXPECT_TRUE(moved.leapt);
  EXPECT_TRUE(moved.Size().Contains(absl::Seconds(3)));

  before_ = after;
  machine_.Leap(now_, absl::Seconds(4398));  // all of them together
  EXPECT_FALSE(MovementBetween(before_, Read(), kFastestSlew).Any());
}

TEST_F(LocalLineTest, TakesTheFastestSlewForWhatItIs) {
  for (const PartsPerBillion slew : {100'500'000, -100'500'000}) {
    machine_.SetSlew(now_, slew);
    for (const absl::Duration gap :
         {absl::Milliseconds(1), absl::Hours(10), absl::Hours(1000)}) {
      before_ = Read();
      now_ += gap;
      EXPECT_FALSE(MovementBetween(before_, Read(), kFastestSlew).Any());
    }
  }
}

// Sizes and slews around what can just be told, through brackets of any width.
TEST_F(LocalLineTest, TellsWhetherAnythingMovedAsItTellsHowMuch) {
  std::mt19937_64 random(1);
  const auto upto = [&](int64_t most) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(most + 1));
  };
  const auto width = [&] { return absl::Nanoseconds(upto(2000)); };
  int moved = 0;
  constexpr int kTimes = 20'000;
  for (int i = 0; i < kTimes; ++i) {
    before_ = Read(width());
    const absl::Duration by = absl::Nanoseconds(upto(8000) - 4000);
    switch (random() % 4) {
      case 0:
        machine_.SetRealtime(now_, by);
        break;
      case 1:
        machine_.LeapTimekeeping(now_, by * 30'000);
        break;
      case 2:
        machine_.Sleep(now_, absl::AbsDuration(by));
        break;
      case 3:
        machine_.SetSlew(now_, upto(240'000'000) - 120'000'000);
        break;
    }
    const LocalReading after = Read(width());
    const bool any = MovementBetween(before_, after, kFastestSlew).Any();
    ASSERT_EQ(AnyMovementBetween(before_, after, kFastestSlew), any) << i;
    moved += any ? 1 : 0;
  }
  EXPECT_GT(moved, kTimes / 10);
  EXPECT_LT(moved, kTimes * 9 / 10);
}

TEST_F(LocalLineTest, IsLastingAfterTwoReadingsThatAgree) {
  machine_.SetRealtime(now_, absl::Seconds(-6));
  const LocalReading first = Read();
  EXPECT_TRUE(Add(first));
  EXPECT_FALSE(line_.Lasting());
  EXPECT_TRUE(Add(Read()));
  EXPECT_TRUE(line_.Lasting());
  EXPECT_EQ(line_.moved_by(), first.at);
  EXPECT_TRUE(MovementBetween(before_, line_.after(), kFastestSlew)
                  .set.Contains(absl::Seconds(-6)));
}

TEST_F(LocalLineTest, IsNotLastingOnceAReadingIsBack) {
  machine_.Glitch(absl::Seconds(9), testing::kRealtime);
  EXPECT_TRUE(Add(Read()));
  EXPECT_FALSE(Add(Read()));
  EXPECT_FALSE(line_.Lasting());
  EXPECT_EQ(line_.same(), 1);
  EXPECT_EQ(line_.astray(), 1);
  // The last of many is misread again.
  Add(Read());
  machine_.Glitch(absl::Seconds(9), testing::kRealtime);
  Add(Read());
  EXPECT_FALSE(line_.Lasting());
}

TEST_F(LocalLineTest, IsNotLastingForMisreadsThatDisagree) {
  machine_.Glitch(absl::Seconds(9), testing::kRealtime);
  Add(Read());
  machine_.Glitch(absl::Seconds(8), testing::kRealtime);
  Add(Read());
  EXPECT_FALSE(line_.Lasting());
  EXPECT_EQ(line_.run(), 1);
  EXPECT_EQ(line_.astray(), 1);
}

TEST_F(LocalLineTest, KnowsOfTwoReadingsWhatEitherKnewBetter) {
  const LocalReading wide = Read(absl::Seconds(2));
  const LocalReading tight = Tightened(before_, wide);
  EXPECT_TRUE(
      tight.differences.real_mono.Within(before_.differences.real_mono));
  EXPECT_TRUE(
      tight.differences.boot_mono.Within(before_.differences.boot_mono));
  EXPECT_EQ(tight.at, wide.at);
  // What contradicts is not mixed.
  machine_.SetRealtime(now_, absl::Seconds(-6));
  const LocalReading set = Read();
  EXPECT_EQ(Tightened(before_, set).differences.real_mono,
            set.differences.real_mono);
}

}  // namespace
}  // namespace noonmark
