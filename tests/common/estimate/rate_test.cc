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

// A bound of a millisecond around `middle`.
Interval Around(absl::Duration middle) {
  return Interval::Exactly(middle).WidenedBy(absl::Microseconds(500));
}

TEST(SteadyRateTest, CallsARateSteadyWhenTwoBaselinesProveIt) {
  RateEstimate estimate(absl::Seconds(60));
  for (int t = 0; t <= 130; t += 5) {
    estimate.Add(Around(absl::Microseconds(180) * t), absl::Seconds(t));
    EXPECT_EQ(estimate.steady().has_value(), t >= 120) << t;
  }
  EXPECT_GT(estimate.steady()->LeastMagnitude(), 160);
  EXPECT_LT(estimate.steady()->lo_ppm, 180);
  EXPECT_GT(estimate.steady()->hi_ppm, 180);
}

TEST(SteadyRateTest, CallsNoRateSteadyThatOneLeapMakes) {
  for (int leap_at = 1; leap_at < 400; leap_at += 7) {
    RateEstimate estimate(absl::Seconds(60));
    for (int t = 0; t <= 400; t += 5) {
      const absl::Duration leapt =
          t >= leap_at ? absl::Milliseconds(20) : absl::ZeroDuration();
      estimate.Add(Around(leapt), absl::Seconds(t));
      if (estimate.steady().has_value()) {
        ASSERT_LT(estimate.steady()->LeastMagnitude(), 20)
            << leap_at << " " << t;
      }
    }
  }
}

}  // namespace
}  // namespace noonmark
