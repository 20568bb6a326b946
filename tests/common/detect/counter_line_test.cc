#include "common/detect/counter_line.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"

namespace noonmark {
namespace {

using Place = CounterLine::Place;
using Outcome = CounterLine::Outcome;

constexpr PartsPerBillion kRho = 500'000;
constexpr absl::Duration kWidth = absl::Microseconds(100);

Interval Around(absl::Duration c) {
  return Interval::Exactly(c).WidenedBy(kWidth);
}

// The old line is zero; 5 s later the first reading stands 1 s above it.
class CounterLineTest : public ::testing::Test {
 protected:
  Place Add(absl::Duration c) {
    at_ += absl::Milliseconds(125);
    return line_.Add({Around(c), at_, {}}, old_);
  }

  absl::Duration at_ = absl::Seconds(105);
  OffsetBand old_{BoundAt{Around({}), absl::Seconds(100), {}}};
  CounterLine line_{BoundAt{Around(absl::Seconds(1)), at_, {}}, kRho};
};

TEST_F(CounterLineTest, DecidesNothingWithoutAnswers) {
  EXPECT_EQ(line_.Decide(), Outcome::kUndecided);
  EXPECT_FALSE(line_.Slope().has_value());
}

TEST_F(CounterLineTest, IsUndecidedWhereAllAnswersAreTooWide) {
  at_ += absl::Milliseconds(125);
  const Interval wide = {-absl::Seconds(9), absl::Seconds(9)};
  EXPECT_EQ(line_.Add({wide, at_, {}}, old_), Place::kEither);
  EXPECT_EQ(line_.Decide(), Outcome::kUndecided);
}

TEST_F(CounterLineTest, SeesALeap) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Add(absl::Seconds(1)), Place::kNew);
  EXPECT_EQ(line_.Decide(), Outcome::kLeapt);
  EXPECT_TRUE(line_.Leap(old_).Contains(absl::Seconds(1)));
  // 500 ppm over 6 s, both ways, and the bounds.
  EXPECT_LT(line_.Leap(old_).Width(), absl::Milliseconds(6.5));
  EXPECT_EQ(line_.on_new(), 8);
}

TEST_F(CounterLineTest, SeesThatAllAreBackOnTheOldLine) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Add({}), Place::kOld);
  EXPECT_EQ(line_.Decide(), Outcome::kBack);
  EXPECT_TRUE(line_.Trigger(old_).Contains(absl::Seconds(1)));
  // The old line was narrowed by them.
  EXPECT_EQ(old_.latest().at, at_);
}

TEST_F(CounterLineTest, BearsAnotherMisreadAmongThoseOnTheOldLine) {
  for (int i = 0; i < 7; ++i) Add({});
  EXPECT_EQ(Add(absl::Seconds(-3)), Place::kNeither);
  EXPECT_EQ(line_.Decide(), Outcome::kBack);
}

TEST_F(CounterLineTest, SeesThatSomeStandHereAndSomeThere) {
  for (int i = 0; i < 4; ++i) {
    Add({});
    Add(absl::Seconds(1));
  }
  EXPECT_EQ(line_.Decide(), Outcome::kMixed);
}

TEST_F(CounterLineTest, SeesThatNoneStandsWithAnother) {
  for (int i = 2; i < 10; ++i) Add(absl::Seconds(i * i));
  EXPECT_EQ(line_.Decide(), Outcome::kMixed);
  EXPECT_FALSE(line_.Slope().has_value());
}

TEST_F(CounterLineTest, FindsTheRateOfASteepLine) {
  const absl::Duration begin = at_;
  for (int i = 0; i < 8; ++i) {
    Add(absl::Seconds(1) +
        (at_ + absl::Milliseconds(125) - begin) * 2'000 / 1'000'000);
  }
  EXPECT_EQ(line_.Decide(), Outcome::kTooSteep);
  const RateInterval slope = line_.Slope().value();
  EXPECT_LE(slope.lo_ppm, 2000);
  EXPECT_GE(slope.hi_ppm, 2000);
  EXPECT_GT(slope.lo_ppm, 1700);
  // 2000 ppm for 5 s explain 10 ms, not a second.
  EXPECT_TRUE(
      line_.LeftOver(old_.latest(), slope).Contains(absl::Milliseconds(990)));
  EXPECT_FALSE(line_.LeftOver(old_.latest(), slope).ContainsZero());
}

// The line through them all is found from all, not from the first, which may be
// the widest.
TEST_F(CounterLineTest, FindsTheRateBehindAWideFirstReading) {
  at_ = absl::Seconds(105);
  const absl::Duration start = absl::Milliseconds(60);
  line_ = CounterLine(
      {Interval::Exactly(start).WidenedBy(absl::Milliseconds(50)), at_, {}},
      kRho);
  for (int i = 1; i <= 8; ++i) Add(start + absl::Milliseconds(125) * i / 20);
  EXPECT_EQ(line_.Decide(), Outcome::kTooSteep);
  const RateInterval slope = line_.Slope().value();
  EXPECT_GT(slope.lo_ppm, 49'000);
  EXPECT_LT(slope.hi_ppm, 51'000);
}

TEST_F(CounterLineTest, DoesNotCallALeapSteepForTwoReadingsOfOneMoment) {
  EXPECT_EQ(line_.Add({Around(absl::Seconds(1)), at_, {}}, old_), Place::kNew);
  EXPECT_FALSE(line_.Slope().has_value());
  EXPECT_EQ(line_.Decide(), Outcome::kLeapt);
}

TEST_F(CounterLineTest, BearsMoreAnswersThanItKeeps) {
  for (int i = 0; i < 100; ++i) Add(absl::Seconds(1));
  EXPECT_EQ(line_.Decide(), Outcome::kLeapt);
  EXPECT_EQ(line_.on_new(), 100);
}

TEST_F(CounterLineTest, BearsTheEndsOfTime) {
  const absl::Duration most =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max());
  line_ = CounterLine({Interval::Exactly(-2 * most), at_, {}}, kRho);
  Add(2 * most);
  Add(-2 * most);
  EXPECT_EQ(line_.Decide(), Outcome::kMixed);
}

}  // namespace
}  // namespace noonmark
