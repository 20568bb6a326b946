#include "common/estimate/rate.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace noonmark {
namespace {

Interval Us(int64_t lo, int64_t hi) {
  return {absl::Microseconds(lo), absl::Microseconds(hi)};
}

TEST(RateBetweenTest, IsWhatTwoBoundsProve) {
  // 18 ms in 100 s: 180 ppm, give or take what the bounds leave open.
  const RateInterval rate =
      RateBetween(Us(-100, 100), Us(17'900, 18'100), absl::Seconds(100));
  EXPECT_DOUBLE_EQ(rate.lo_ppm, 178);
  EXPECT_DOUBLE_EQ(rate.hi_ppm, 182);
  EXPECT_DOUBLE_EQ(rate.LeastMagnitude(), 178);
  EXPECT_DOUBLE_EQ((RateInterval{-182, -178}).LeastMagnitude(), 178);
  EXPECT_DOUBLE_EQ((RateInterval{-1, 178}).LeastMagnitude(), 0);
}

// A guest that is `ppm` fast, asked every 5 s, with a bound of 200 us.
class RateEstimateTest : public ::testing::Test {
 protected:
  void Run(absl::Duration lasting, double ppm) {
    const absl::Duration end = at_ + lasting;
    for (; at_ < end; at_ += absl::Seconds(5)) {
      estimate_.Add(
          Interval::Exactly(offset_).WidenedBy(absl::Microseconds(100)), at_);
      offset_ += absl::Microseconds(5 * ppm);
    }
  }
  bool Proves(double ppm) const {
    return estimate_.rate().has_value() && estimate_.rate()->lo_ppm <= ppm &&
           ppm <= estimate_.rate()->hi_ppm;
  }

  absl::Duration at_ = absl::Seconds(1000);
  absl::Duration offset_ = absl::Seconds(-7);
  RateEstimate estimate_{absl::Seconds(60)};
};

TEST_F(RateEstimateTest, ClaimsNothingBeforeAWholeBaseline) {
  Run(absl::Seconds(60), 180);  // the last bound is 55 s after the first
  EXPECT_FALSE(estimate_.rate().has_value());
  Run(absl::Seconds(5), 180);
  EXPECT_TRUE(Proves(180));
  EXPECT_GT(estimate_.rate()->lo_ppm, 175);
  EXPECT_LT(estimate_.rate()->hi_ppm, 185);
}

TEST_F(RateEstimateTest, FollowsAChangeWithinTwoBaselines) {
  Run(absl::Minutes(10), 180);
  Run(absl::Seconds(125), -20);
  EXPECT_TRUE(Proves(-20));
  EXPECT_FALSE(Proves(0));
}

TEST_F(RateEstimateTest, ForgetsWhatWasBeforeAJump) {
  Run(absl::Minutes(3), 0);
  estimate_.Forget();
  EXPECT_FALSE(estimate_.rate().has_value());
  offset_ += absl::Seconds(4398);
  Run(absl::Seconds(70), 0);
  EXPECT_TRUE(Proves(0));
  EXPECT_LT(estimate_.rate()->LeastMagnitude(), 1);
}

TEST_F(RateEstimateTest, BeginsAnewWhenTheHostsCounterFell) {
  Run(absl::Minutes(3), 0);
  at_ -= absl::Seconds(4398);
  Run(absl::Seconds(70), 180);
  EXPECT_TRUE(Proves(180));
}

}  // namespace
}  // namespace noonmark
