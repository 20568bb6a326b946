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
          {Interval::Exactly(offset_).WidenedBy(absl::Microseconds(100)), at_,
           MonotonicTime::FromReading(at_)});
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
    estimate.Add({Around(absl::Microseconds(180) * t), absl::Seconds(t), {}});
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
      estimate.Add({Around(leapt), absl::Seconds(t), {}});
      if (estimate.steady().has_value()) {
        ASSERT_LT(estimate.steady()->LeastMagnitude(), 20)
            << leap_at << " " << t;
      }
    }
  }
}

MonotonicTime At(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

// A slow path: 5 ms to either side, a bound every 5 s.
RateEstimates Slow(double ppm, int64_t lasting) {
  RateEstimates estimates(absl::Seconds(60));
  for (int64_t t = 0; t <= lasting; t += 5) {
    const absl::Duration offset = absl::Nanoseconds(ppm * 1000.0 * t);
    estimates.Add({Interval::Exactly(offset).WidenedBy(absl::Milliseconds(5)),
                   absl::Seconds(t), At(t)});
  }
  return estimates;
}

TEST(RateEstimatesTest, TellASmallRateThroughWideBoundsInTime) {
  EXPECT_LT(Slow(250, 125).steady()->rate.LeastMagnitude(), 100);
  const std::optional<ProvenRate> steady = Slow(250, 601).steady();
  EXPECT_GT(steady->rate.LeastMagnitude(), 200);
  EXPECT_LT(steady->rate.LeastMagnitude(), 250);
  EXPECT_EQ(steady->begin, At(300));
  EXPECT_EQ(steady->end, At(600));
}

TEST(RateEstimatesTest, GiveTheNarrower) {
  const std::optional<RateInterval> rate = Slow(250, 601).rate();
  EXPECT_LT(rate->hi_ppm - rate->lo_ppm, 70);
  EXPECT_LE(rate->lo_ppm, 250);
  EXPECT_GE(rate->hi_ppm, 250);
}

TEST(RateEstimatesTest, AreBelowWhatTheyExclude) {
  const RateEstimates estimates = Slow(20, 601);
  EXPECT_TRUE(estimates.IsBelow(100));
  EXPECT_FALSE(estimates.IsBelow(20));
  EXPECT_FALSE(Slow(20, 50).IsBelow(1e6)) << "not yet";
}

TEST(RateEstimatesTest, ContradictWhatCameToMoreWithinATimeTheyHold) {
  const RateEstimates estimates = Slow(20, 600);
  const auto claim = [](double ppm, int64_t begin, int64_t end) {
    return ProvenRate{{-ppm, -ppm}, At(begin), At(end)};
  };
  // From bound to bound, 5 s: 10 ms and 20 ppm are 2020 ppm at the most.
  EXPECT_TRUE(estimates.Contradicts(claim(3100, 595, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(2900, 595, 600)));
  EXPECT_TRUE(estimates.Contradicts(claim(400, 540, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(200, 540, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(3100, 595, 601))) << "not yet over";
  EXPECT_FALSE(estimates.Contradicts(claim(3100, -1, 601))) << "began before";
  EXPECT_FALSE(estimates.Contradicts(claim(30, 0, 600))) << "too small to tell";
}

TEST(RateEstimatesTest, ForgetAll) {
  RateEstimates estimates = Slow(20, 600);
  EXPECT_TRUE(estimates.Contradicts({{1e9, 1e9}, At(595), At(600)}));
  estimates.Forget();
  EXPECT_FALSE(estimates.rate().has_value());
  EXPECT_FALSE(estimates.IsBelow(1e9));
  EXPECT_FALSE(estimates.Contradicts({{1e9, 1e9}, At(595), At(600)}));
}

}  // namespace
}  // namespace noonmark
