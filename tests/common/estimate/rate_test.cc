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
      estimate_.Add(PackedBound(
          {Interval::Exactly(offset_).WidenedBy(absl::Microseconds(100)), at_,
           MonotonicTime::FromReading(at_)}));
      offset_ += absl::Microseconds(5 * ppm);
    }
  }
  bool Proves(double ppm) const {
    return estimate_.rate().has_value() && Rate().lo_ppm <= ppm &&
           ppm <= Rate().hi_ppm;
  }

  RateInterval Rate() const { return estimate_.rate()->rate; }

  absl::Duration at_ = absl::Seconds(1000);
  absl::Duration offset_ = absl::Seconds(-7);
  RateEstimate estimate_{absl::Seconds(60)};
};

TEST_F(RateEstimateTest, ClaimsNothingBeforeAWholeBaseline) {
  Run(absl::Seconds(60), 180);  // the last bound is 55 s after the first
  EXPECT_FALSE(estimate_.rate().has_value());
  Run(absl::Seconds(5), 180);
  EXPECT_TRUE(Proves(180));
  EXPECT_GT(Rate().lo_ppm, 175);
  EXPECT_LT(Rate().hi_ppm, 185);
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
  EXPECT_LT(Rate().LeastMagnitude(), 1);
}

TEST_F(RateEstimateTest, BeginsAnewWhenTheHostsCounterFell) {
  Run(absl::Minutes(3), 0);
  at_ -= absl::Seconds(4398);
  Run(absl::Seconds(70), 180);
  EXPECT_TRUE(Proves(180));
}

MonotonicTime At(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

// A bound of a millisecond around `middle`.
PackedBound Around(absl::Duration middle, int64_t t) {
  return PackedBound(
      {Interval::Exactly(middle).WidenedBy(absl::Microseconds(500)),
       absl::Seconds(t), At(t)});
}

TEST(SteadyRateTest, CallsARateSteadyWhenTwoBaselinesProveIt) {
  RateEstimate estimate(absl::Seconds(60));
  for (int t = 0; t <= 130; t += 5) {
    estimate.Add(Around(absl::Microseconds(180) * t, t));
    EXPECT_EQ(estimate.steady().has_value(), t >= 120) << t;
  }
  EXPECT_GT(estimate.steady()->rate.LeastMagnitude(), 160);
  EXPECT_LT(estimate.steady()->rate.lo_ppm, 180);
  EXPECT_GT(estimate.steady()->rate.hi_ppm, 180);
}

TEST(SteadyRateTest, CallsNoRateSteadyThatOneLeapMakes) {
  for (int leap_at = 1; leap_at < 400; leap_at += 7) {
    RateEstimate estimate(absl::Seconds(60));
    for (int t = 0; t <= 400; t += 5) {
      const absl::Duration leapt =
          t >= leap_at ? absl::Milliseconds(20) : absl::ZeroDuration();
      estimate.Add(Around(leapt, t));
      if (estimate.steady().has_value()) {
        ASSERT_LT(estimate.steady()->rate.LeastMagnitude(), 20)
            << leap_at << " " << t;
      }
    }
  }
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
  EXPECT_FALSE(Slow(250, 125).Above(100).has_value());
  const std::optional<ProvenRate> steady = Slow(250, 601).Above(100);
  EXPECT_GT(steady->rate.LeastMagnitude(), 200);
  EXPECT_LT(steady->rate.LeastMagnitude(), 250);
  EXPECT_EQ(steady->begin, At(300));
  EXPECT_EQ(steady->end, At(600));
}

// 10 ms in 300 s are 33 ppm, in 1200 s 8 ppm.
TEST(RateEstimatesTest, TellASmallerOneInMoreTime) {
  EXPECT_FALSE(Slow(120, 2399).Above(100).has_value());
  const std::optional<ProvenRate> steady = Slow(120, 2400).Above(100);
  ASSERT_TRUE(steady.has_value());
  EXPECT_EQ(steady->begin, At(1200));
  EXPECT_EQ(steady->end, At(2400));
  EXPECT_FALSE(Slow(105, 9000).Above(100).has_value()) << "not that either";
}

TEST(RateEstimatesTest, GiveTheNarrower) {
  const std::optional<RateInterval> rate = Slow(250, 601).rate();
  EXPECT_LT(rate->hi_ppm - rate->lo_ppm, 70);
  EXPECT_LE(rate->lo_ppm, 250);
  EXPECT_GE(rate->hi_ppm, 250);
}

TEST(RateEstimatesTest, AreBelowWhatTheyExclude) {
  const RateEstimates estimates = Slow(20, 601);
  EXPECT_TRUE(estimates.Below(100, At(0)).has_value());
  EXPECT_FALSE(estimates.Below(20, At(0)).has_value());
  EXPECT_FALSE(Slow(20, 50).Below(1e6, At(0)).has_value()) << "not yet";
}

// What was in the mean of a time that began earlier denies nothing.
TEST(RateEstimatesTest, AreBelowSinceAMomentOnlyOverTimesThatBeganLater) {
  const RateEstimates estimates = Slow(20, 601);
  EXPECT_EQ(estimates.Below(60, At(0))->begin, At(0));
  EXPECT_FALSE(estimates.Below(60, At(1)).has_value());
  const std::optional<ProvenRate> later = estimates.Below(200, At(1));
  ASSERT_TRUE(later.has_value());
  EXPECT_GE(later->begin, At(480));
}

TEST(RateEstimatesTest, ContradictWhatWouldHaveMovedThemFarther) {
  const RateEstimates estimates = Slow(20, 600);
  const auto claim = [](double ppm, int64_t begin, int64_t end) {
    return ProvenRate{{-ppm, -ppm}, At(begin), At(end), {}};
  };
  // From bound to bound, 5 s: 10 ms and 20 ppm are 1980 ppm the other way at
  // the most; a third of a steep rate is left for what its proof is off.
  EXPECT_TRUE(estimates.Contradicts(claim(3100, 595, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(2900, 595, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(3100, 595, 601))) << "not yet over";
  EXPECT_FALSE(estimates.Contradicts(claim(3100, -1, 601))) << "began before";
  EXPECT_TRUE(estimates.Contradicts(claim(400, 540, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(200, 540, 600)));
  EXPECT_TRUE(estimates.Contradicts(claim(200, 0, 600)));
  EXPECT_FALSE(estimates.Contradicts(claim(3100, 600, 660))) << "not seen";
  EXPECT_FALSE(estimates.Contradicts(claim(30, 0, 600))) << "too small to tell";
}

// A claim that was proven bit by bit need not be seen to its end.
TEST(RateEstimatesTest, ContradictTheBitsOfAClaimThatTheySaw) {
  const RateEstimates estimates = Slow(20, 600);  // the last 60, 120, 600 s
  ProvenRate claim = {{-400, -390}, At(500), At(5000), {}};
  EXPECT_FALSE(estimates.Contradicts(claim));
  claim.grain = absl::Seconds(60);
  EXPECT_FALSE(estimates.Contradicts(claim)) << "40 s are sure";
  claim.begin = At(300);
  EXPECT_TRUE(estimates.Contradicts(claim)) << "300 s, or a little less";
}

// Sound counters differ by up to 100 ppm: one that is slow by 45 sees 105 ppm
// of a host that is slow by 150, and one that is fast by 45 sees 195.
TEST(RateEstimatesTest, ContradictNothingThatSoundCountersMayDifferBy) {
  RateEstimates slow(absl::Seconds(60));
  for (int64_t t = 0; t <= 600; t += 5) {
    slow.Add({Interval::Exactly(absl::Microseconds(105 * t)), absl::Seconds(t),
              At(t)});
    EXPECT_FALSE(slow.Contradicts({{195, 195}, At(t - 60), At(t), {}}));
    EXPECT_FALSE(slow.Contradicts({{195, 195}, At(0), At(t), {}}));
  }
  EXPECT_TRUE(slow.Contradicts({{210, 210}, At(0), At(600), {}}));
}

TEST(RateEstimatesTest, ForgetAll) {
  RateEstimates estimates = Slow(20, 600);
  EXPECT_TRUE(estimates.Contradicts({{1e9, 1e9}, At(595), At(600), {}}));
  estimates.Forget();
  EXPECT_FALSE(estimates.rate().has_value());
  EXPECT_FALSE(estimates.Below(1e9, At(0)).has_value());
  EXPECT_FALSE(estimates.Contradicts({{1e9, 1e9}, At(595), At(600), {}}));
}

// Counters that are centuries apart make no rate, and break none.
TEST(RateEstimatesTest, PassOverBoundsThatNobodyCanKeep) {
  RateEstimates estimates = Slow(20, 600);
  for (const absl::Duration far :
       {absl::Hours(24 * 366 * 200), -absl::Hours(24 * 366 * 200),
        absl::InfiniteDuration(), -absl::InfiniteDuration()}) {
    estimates.Add({Interval::Exactly(far), absl::Seconds(605), At(605)});
    estimates.Add({Interval::Exactly(absl::ZeroDuration()), far, At(605)});
  }
  EXPECT_TRUE(estimates.Below(100, At(0)).has_value());
}

}  // namespace
}  // namespace noonmark
