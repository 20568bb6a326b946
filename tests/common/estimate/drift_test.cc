#include "common/estimate/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kMinute = absl::Seconds(60);

// What one burst proved, and the truth: the offset at the moment.
struct Proof {
  Interval bound;
  absl::Duration asked;
  absl::Duration answered;
  absl::Duration truth;
  absl::Duration moment;
};

std::optional<DriftEstimate> Told(const std::vector<Proof>& proofs) {
  DriftWindow window;
  for (const Proof& p : proofs) window.Add(p.bound, p.asked, p.answered);
  return window.Estimate(kMinute);
}

bool Holds(const RateInterval& rate, double ppm) {
  return rate.lo_ppm <= ppm && ppm <= rate.hi_ppm;
}

bool Within(const RateInterval& inner, const RateInterval& outer) {
  return outer.lo_ppm <= inner.lo_ppm && inner.hi_ppm <= outer.hi_ppm;
}

class Chance {
 public:
  explicit Chance(uint64_t seed) : bits_(seed) {}
  int64_t Between(int64_t lo, int64_t hi) {  // ends included
    const uint64_t from = static_cast<uint64_t>(lo);
    const uint64_t many = static_cast<uint64_t>(hi) - from + 1;
    return static_cast<int64_t>(from + bits_() % many);
  }
  absl::Duration Upto(absl::Duration most) {
    return absl::Nanoseconds(Between(0, absl::ToInt64Nanoseconds(most)));
  }

 private:
  std::mt19937_64 bits_;
};

// A bound of any width, anywhere around the truth.
Proof Prove(absl::Duration truth, absl::Duration moment, absl::Duration width,
            absl::Duration taken, Chance& chance) {
  Proof proof;
  proof.truth = truth;
  proof.moment = moment;
  proof.bound.lo = truth - chance.Upto(width) - absl::Nanoseconds(1);
  proof.bound.hi = truth + chance.Upto(width) + absl::Nanoseconds(1);
  proof.asked = moment - chance.Upto(taken);
  proof.answered = moment + chance.Upto(taken);
  return proof;
}

// Bursts at any pace, over any line at a rate of whole parts per 10^9; every
// kind of noise.
std::vector<Proof> AnyLine(Chance& chance, int64_t ppb) {
  const absl::Duration pace = absl::Seconds(chance.Between(1, 90));
  const absl::Duration width =
      absl::Nanoseconds(int64_t{1} << chance.Between(0, 31));
  const absl::Duration taken =
      absl::Nanoseconds(int64_t{1} << chance.Between(0, 29));
  const absl::Duration start =
      absl::Nanoseconds(chance.Between(-4'398'046'511'104, 4'398'046'511'104));
  absl::Duration at = absl::Seconds(chance.Between(0, 100'000'000));
  const absl::Duration begin = at;
  std::vector<Proof> proofs;
  for (int n = chance.Between(4, 120); n > 0; --n) {
    at += pace + chance.Upto(pace);
    proofs.push_back(Prove(start + (at - begin) * ppb / 1'000'000'000, at,
                           width, taken, chance));
  }
  return proofs;
}

// A guest that drifts by `ppm`, asked every `pace`, bounds of ±100 us.
class DriftWindowTest : public ::testing::Test {
 protected:
  void Run(absl::Duration lasting, double ppm,
           absl::Duration pace = absl::Seconds(5)) {
    const absl::Duration end = at_ + lasting;
    for (; at_ < end; at_ += pace) {
      window_.Add(Interval::Exactly(offset_).WidenedBy(absl::Microseconds(100)),
                  at_, at_ + absl::Microseconds(200));
      offset_ += pace * (ppm / 1e6);
    }
  }
  std::optional<DriftEstimate> Now() const { return window_.Estimate(kMinute); }

  absl::Duration at_ = absl::Seconds(1000);
  absl::Duration offset_ = absl::Seconds(-7);
  DriftWindow window_;
};

TEST_F(DriftWindowTest, TellsAConstantDriftAndHowWellItIsKnown) {
  Run(absl::Minutes(15), 12.3);
  ASSERT_TRUE(Now().has_value());
  EXPECT_TRUE(Now()->straight);
  EXPECT_NEAR(Now()->ppm, 12.3, 0.001);
  EXPECT_TRUE(Holds(Now()->bar, 12.3));
  EXPECT_TRUE(Holds(Now()->mean, 12.3));
  // ±100 us at both ends of twelve minutes.
  EXPECT_LT(Now()->bar.hi_ppm - Now()->bar.lo_ppm, 0.6);
  EXPECT_TRUE(Within(Now()->bar, Now()->mean));
}

TEST_F(DriftWindowTest, ClaimsNothingOverTooShortATimeOrOfTooFewReadings) {
  Run(absl::Seconds(60), 12.3);  // the last is 55 s after the first
  EXPECT_FALSE(Now().has_value());
  EXPECT_TRUE(window_.Estimate(absl::Seconds(30)).has_value());
  Run(absl::Seconds(10), 12.3);
  EXPECT_TRUE(Now().has_value());
  window_.Forget();
  Run(absl::Seconds(90), 12.3, absl::Seconds(30));
  EXPECT_FALSE(window_.Estimate(absl::Seconds(1)).has_value());
  Run(absl::Seconds(30), 12.3, absl::Seconds(30));
  EXPECT_TRUE(window_.Estimate(absl::Seconds(1)).has_value());
}

TEST_F(DriftWindowTest, CoversTenMinutesAndMoreAtAnyPaceAndNotMuchMore) {
  for (const int pace_ms : {1000, 2000, 5000, 7300, 10'000, 30'000, 60'000}) {
    SCOPED_TRACE(pace_ms);
    window_.Forget();
    Run(absl::Minutes(20), 1, absl::Milliseconds(pace_ms));
    for (int i = 0; i < 200; ++i) {
      Run(absl::Milliseconds(pace_ms), 1, absl::Milliseconds(pace_ms));
      ASSERT_GE(Now()->window, absl::Minutes(10));
      ASSERT_LE(Now()->window, absl::Minutes(20));
    }
  }
}

TEST_F(DriftWindowTest, GrowsWithTheTimeUntilThen) {
  absl::Duration before;
  for (int i = 0; i < 130; ++i) {
    Run(absl::Seconds(5), 1);
    if (!Now().has_value()) continue;
    // The last one may be the narrowest of its time, so some seconds old.
    EXPECT_GE(Now()->window, absl::Seconds(5) * i * 0.75) << i;
    EXPECT_GE(Now()->window, before - absl::Seconds(60)) << i;
    before = Now()->window;
  }
}

TEST_F(DriftWindowTest, SaysThatADriftThatChangedIsNotOne) {
  Run(absl::Minutes(12), 100);
  Run(absl::Minutes(6), -100);
  ASSERT_TRUE(Now().has_value());
  EXPECT_FALSE(Now()->straight);
  // A time daemon that brings it back and forth leads nowhere.
  EXPECT_LT(Now()->bar.lo_ppm, 0);
  EXPECT_GT(Now()->bar.hi_ppm, 0);
  EXPECT_FALSE(TimeToThreshold(Interval::Exactly(absl::ZeroDuration()),
                               absl::ZeroDuration(), absl::Milliseconds(500),
                               Now()->bar)
                   .has_value());
  Run(absl::Minutes(14), -100);
  EXPECT_TRUE(Now()->straight);
  EXPECT_NEAR(Now()->ppm, -100, 0.001);
}

TEST_F(DriftWindowTest, ForgetsWhatItIsTold) {
  Run(absl::Minutes(15), 12.3);
  window_.Forget();
  EXPECT_FALSE(Now().has_value());
  offset_ += absl::Seconds(4398);
  Run(absl::Minutes(2), -5);
  EXPECT_TRUE(Now()->straight);
  EXPECT_NEAR(Now()->ppm, -5, 0.001);
}

TEST_F(DriftWindowTest, BeginsAnewWhenTheHostsCounterFell) {
  Run(absl::Minutes(15), 12.3);
  at_ -= absl::Seconds(10);
  Run(absl::Seconds(70), 180);
  EXPECT_TRUE(Now()->straight);
  EXPECT_NEAR(Now()->ppm, 180, 0.001);
}

TEST_F(DriftWindowTest, BeginsAnewWhenTheOffsetIsFarAway) {
  Run(absl::Minutes(15), 12.3);
  offset_ += absl::Seconds(18);
  Run(absl::Seconds(70), 180);
  EXPECT_TRUE(Now()->straight);
  EXPECT_NEAR(Now()->ppm, 180, 0.001);
}

TEST_F(DriftWindowTest, IsNotMovedByAReadingTooWideToTell) {
  Run(absl::Minutes(15), 12.3);
  const DriftEstimate before = *Now();
  window_.Add(Interval::Exactly(offset_).WidenedBy(absl::Seconds(3)), at_, at_);
  window_.Add(Interval::Exactly(offset_), at_, at_ + absl::Seconds(5));
  EXPECT_EQ(Now()->window, before.window);
  EXPECT_EQ(Now()->ppm, before.ppm);
}

TEST_F(DriftWindowTest, KeepsTheNarrowestOfEachTime) {
  // One in six is good: that is as good as all.
  for (int i = 0; i < 400; ++i, at_ += absl::Seconds(5)) {
    window_.Add(Interval::Exactly(offset_).WidenedBy(
                    i % 6 == 0 ? absl::Microseconds(10) : absl::Seconds(1)),
                at_, at_ + absl::Microseconds(200));
  }
  EXPECT_TRUE(Now()->straight);
  EXPECT_LT(Now()->bar.hi_ppm - Now()->bar.lo_ppm, 0.07);
}

TEST(DriftBoundsTest, AreTrueOfEveryConstantDriftWhateverTheNoise) {
  int told = 0;
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    Chance chance(seed);
    const int64_t ppb = chance.Between(0, 3) == 0
                            ? chance.Between(-3, 3)
                            : chance.Between(-20'000'000, 20'000'000);
    const std::optional<DriftEstimate> drift = Told(AnyLine(chance, ppb));
    if (!drift.has_value()) continue;
    ++told;
    const double ppm = static_cast<double>(ppb) / 1000;
    ASSERT_TRUE(drift->straight) << seed;
    ASSERT_TRUE(Holds(drift->bar, ppm)) << seed;
    ASSERT_TRUE(Holds(drift->mean, ppm)) << seed;
    ASSERT_TRUE(Holds(drift->bar, drift->ppm)) << seed;
  }
  EXPECT_GT(told, 12'000);
}

TEST(DriftBoundsTest, HoldTheMeanOfEveryDriftThatChangesAtWill) {
  int told = 0;
  int bent = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    Chance chance(seed);
    const absl::Duration width =
        absl::Nanoseconds(int64_t{1} << chance.Between(0, 31));
    const int64_t steepest = int64_t{1} << chance.Between(0, 26);
    absl::Duration at = absl::Seconds(chance.Between(0, 100'000'000));
    absl::Duration offset;
    std::vector<Proof> proofs;
    for (int n = chance.Between(20, 60); n > 0; --n) {
      const absl::Duration pass = absl::Seconds(10) + chance.Upto(kMinute);
      at += pass;
      offset += pass * chance.Between(-steepest, steepest) / 1'000'000'000;
      proofs.push_back(Prove(offset, at, width, absl::Milliseconds(1), chance));
    }
    const std::optional<DriftEstimate> drift = Told(proofs);
    if (!drift.has_value()) continue;  // it ran too far
    // Which two they were tells the time between them.
    for (const Proof& a : proofs) {
      for (size_t i = proofs.size() - 4; i < proofs.size(); ++i) {
        const Proof& b = proofs[i];
        if (absl::AbsDuration(b.asked - a.asked - drift->window) >=
            absl::Microseconds(8)) {
          continue;
        }
        ++told;
        const double mean =
            absl::FDivDuration(b.truth - a.truth, b.moment - a.moment) * 1e6;
        ASSERT_LE(drift->mean.lo_ppm, mean + 1e-9) << seed;
        ASSERT_GE(drift->mean.hi_ppm, mean - 1e-9) << seed;
        if (drift->straight) continue;
        ++bent;
        ASSERT_TRUE(Within(drift->mean, drift->bar)) << seed;
      }
    }
  }
  EXPECT_GE(told, 9'000);
  EXPECT_GT(bent, 2000);
}

TEST(DriftBoundsTest, NeverNarrowWhereAllReadingsWiden) {
  int straight = 0;
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    Chance chance(seed);
    std::vector<Proof> proofs = AnyLine(chance, chance.Between(-9999, 9999));
    // Not always one line.
    for (Proof& p : proofs) {
      const absl::Duration moved = chance.Upto(absl::Microseconds(1));
      p.bound = p.bound + Interval::Exactly(moved);
    }
    const std::optional<DriftEstimate> narrow = Told(proofs);
    const absl::Duration more = chance.Upto(absl::Milliseconds(1));
    for (Proof& p : proofs) p.bound = p.bound.WidenedBy(more);
    const std::optional<DriftEstimate> wide = Told(proofs);
    if (!narrow.has_value() || !wide.has_value()) continue;
    ASSERT_TRUE(Within(narrow->mean, wide->mean)) << seed;
    if (!narrow->straight) continue;
    ++straight;
    ASSERT_TRUE(wide->straight) << seed;
    ASSERT_TRUE(Within(narrow->bar, wide->bar)) << seed;
  }
  EXPECT_GT(straight, 5000);
}

TEST(DriftBoundsTest, AreTheSameOfAllClocksShifted) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Chance chance(seed);
    std::vector<Proof> proofs = AnyLine(chance, chance.Between(-9999, 9999));
    const std::optional<DriftEstimate> here = Told(proofs);
    const absl::Duration offset = absl::Nanoseconds(
        chance.Between(std::numeric_limits<int64_t>::min() / 2,
                       std::numeric_limits<int64_t>::max() / 2));
    const absl::Duration time = absl::Nanoseconds(
        chance.Between(0, std::numeric_limits<int64_t>::max() / 2));
    for (Proof& p : proofs) {
      p.bound = p.bound + Interval::Exactly(offset);
      p.asked += time;
      p.answered += time;
    }
    const std::optional<DriftEstimate> there = Told(proofs);
    ASSERT_EQ(here.has_value(), there.has_value());
    if (!here.has_value()) continue;
    ASSERT_EQ(here->window, there->window);
    ASSERT_EQ(here->straight, there->straight);
    ASSERT_EQ(here->ppm, there->ppm);
    ASSERT_EQ(here->bar.lo_ppm, there->bar.lo_ppm);
    ASSERT_EQ(here->bar.hi_ppm, there->bar.hi_ppm);
  }
}

// Whether a line of this slope meets every box of moment and bound.
bool LineExists(const std::vector<Proof>& proofs, double ppm) {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = -lo;
  for (const Proof& p : proofs) {
    const auto ns = [&](absl::Duration d) {
      return absl::FDivDuration(d, absl::Nanoseconds(1));
    };
    const absl::Duration origin = proofs[0].asked;
    const double a = ppm / 1e6 * ns(p.asked - origin);
    const double b = ppm / 1e6 * ns(p.answered - origin);
    lo = std::max(lo, ns(p.bound.lo) - std::max(a, b));
    hi = std::min(hi, ns(p.bound.hi) - std::min(a, b));
  }
  return lo <= hi;
}

TEST(DriftBoundsTest, AreTheSlopesOfTheLinesThroughAllReadings) {
  int straight = 0;
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    Chance chance(seed);
    std::vector<Proof> proofs;
    absl::Duration at;
    // Few and far between: all are kept.
    for (int n = chance.Between(4, 8); n > 0; --n) {
      at += kMinute + chance.Upto(kMinute);
      proofs.push_back(Prove(absl::Microseconds(chance.Between(-99, 99)), at,
                             absl::Microseconds(150), absl::Milliseconds(500),
                             chance));
    }
    const std::optional<DriftEstimate> drift = Told(proofs);
    ASSERT_TRUE(drift.has_value());
    if (!drift->straight) {
      for (double ppm = -2; ppm <= 2; ppm += 0.01) {
        ASSERT_FALSE(LineExists(proofs, ppm)) << seed << " " << ppm;
      }
      continue;
    }
    ++straight;
    const auto [lo, hi] = drift->bar;
    // Ten nanoseconds over a minute.
    const double hair = 1e-3;
    ASSERT_FALSE(LineExists(proofs, lo - hair)) << seed;
    ASSERT_FALSE(LineExists(proofs, hi + hair)) << seed;
    if (hi - lo < 3 * hair) continue;
    ASSERT_TRUE(LineExists(proofs, (lo + hi) / 2)) << seed;
    ASSERT_TRUE(LineExists(proofs, lo + hair)) << seed;
    ASSERT_TRUE(LineExists(proofs, hi - hair)) << seed;
  }
  EXPECT_GT(straight, 500);
  EXPECT_LT(straight, 4500);
}

// The clock wobbles about its line, and the bounds are narrow enough to show
// it: no line fits, and the bar is Sen's.
TEST(DriftBarTest, HoldsTheLineOfAClockThatWobblesIn95OutOf100) {
  int held = 0;
  constexpr int kRuns = 2000;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    Chance chance(seed);
    DriftWindow window;
    for (int i = 0; i < 160; ++i) {
      absl::Duration wobble;  // bell-shaped, ±3 ms at the most
      for (int k = 0; k < 6; ++k) {
        wobble += chance.Upto(absl::Milliseconds(1)) - absl::Microseconds(500);
      }
      const absl::Duration at = absl::Seconds(5) * i;
      window.Add(Interval::Exactly(at * 40 / 1'000'000 + wobble)
                     .WidenedBy(absl::Nanoseconds(chance.Between(50, 99))),
                 at, at);
    }
    const std::optional<DriftEstimate> drift = window.Estimate(kMinute);
    ASSERT_TRUE(drift.has_value());
    ASSERT_FALSE(drift->straight) << seed;
    held += Holds(drift->bar, 40) ? 1 : 0;
  }
  std::cout << held << " of " << kRuns << " bars hold the slope\n";
  EXPECT_GE(held, kRuns * 95 / 100);
}

TEST(DriftExtremesTest, NeitherOverflowNorClaimAnything) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  std::vector<absl::Duration> ends = {-absl::InfiniteDuration(),
                                      absl::InfiniteDuration()};
  for (const int64_t ns : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1},
                           int64_t{1} << 53, kMax - 1, kMax}) {
    ends.push_back(absl::Nanoseconds(ns));
    ends.push_back(absl::Nanoseconds(ns) - absl::Nanoseconds(kMin));
    ends.push_back(absl::Nanoseconds(ns) - absl::Nanoseconds(kMax));
  }
  Chance chance(1);
  const auto any = [&] {
    return ends[chance.Between(0, static_cast<int64_t>(ends.size()) - 1)];
  };
  DriftWindow window;
  for (int i = 0; i < 100'000; ++i) {
    window.Add({any(), any()}, any(), any());
    const std::optional<DriftEstimate> drift =
        window.Estimate(absl::ZeroDuration());
    if (!drift.has_value()) continue;
    ASSERT_LE(drift->mean.lo_ppm, drift->mean.hi_ppm);
    ASSERT_TRUE(Holds(drift->bar, drift->ppm));
  }
  for (int i = 0; i < 100'000; ++i) {
    const double ppm =
        std::ldexp(1.0, static_cast<int>(chance.Between(-1074, 1023)));
    const auto [lo, hi] = std::minmax({any(), any()});
    const std::optional<Interval> takes =
        TimeToThreshold({lo, hi}, any(), any(),
                        chance.Between(0, 1) == 0 ? RateInterval{ppm / 2, ppm}
                                                  : RateInterval{-ppm, -ppm});
    if (takes.has_value()) {
      ASSERT_LE(absl::ZeroDuration(), takes->lo);
      ASSERT_LE(takes->lo, takes->hi);
      ASSERT_LE(takes->hi, absl::Hours(24 * 30));
    }
  }
}

TEST(DriftWindowSizeTest, IsSmall) {
  std::cout << sizeof(DriftWindow) << " bytes\n";
  EXPECT_LE(sizeof(DriftWindow), 200u);
}

Interval Ms(int64_t lo, int64_t hi) {
  return {absl::Milliseconds(lo), absl::Milliseconds(hi)};
}
Interval Seconds(int64_t lo, int64_t hi) {
  return {absl::Seconds(lo), absl::Seconds(hi)};
}
constexpr RateInterval kFast = {8, 10};
constexpr RateInterval kSlow = {-10, -8};

std::optional<Interval> Takes(const Interval& offset, const RateInterval& drift,
                              absl::Duration intended = absl::ZeroDuration()) {
  return TimeToThreshold(offset, intended, absl::Milliseconds(500), drift);
}

TEST(TimeToThresholdTest, IsFromTheFastestToTheSlowestThatIsPossible) {
  // 100 ms at 10 us a second; 120 ms at 8.
  EXPECT_EQ(Takes(Ms(380, 400), kFast), Seconds(10'000, 15'000));
  EXPECT_EQ(Takes(Ms(-400, -380), kSlow), Seconds(10'000, 15'000));
}

TEST(TimeToThresholdTest, IsToldOfAClockThatIsRightNow) {
  EXPECT_EQ(Takes(Ms(-20, 20), kFast), Seconds(48'000, 65'000));
  EXPECT_EQ(Takes(Ms(-20, 20), kSlow), Seconds(48'000, 65'000));
}

TEST(TimeToThresholdTest, CountsFromTheIntendedOffset) {
  const absl::Duration hour = absl::Hours(-1);
  const Interval offset = Ms(380, 400) + Interval::Exactly(hour);
  EXPECT_EQ(Takes(offset, kFast, hour), Seconds(10'000, 15'000));
  EXPECT_EQ(Takes(offset, kSlow, hour), std::nullopt);
  EXPECT_EQ(Takes(offset, kFast), Seconds(0, 0));
}

TEST(TimeToThresholdTest, IsNothingForADriftThatLeadsInwards) {
  EXPECT_EQ(Takes(Ms(380, 400), kSlow), std::nullopt);
  EXPECT_EQ(Takes(Ms(-400, -380), kFast), std::nullopt);
  // The last moment at which it may be inside, or outwards.
  EXPECT_EQ(Takes(Ms(-400, -1), kFast), std::nullopt);
  EXPECT_TRUE(Takes(Ms(-400, 0), kFast).has_value());
  // Perhaps outside, but coming in.
  EXPECT_EQ(Takes(Ms(-600, -400), kFast), std::nullopt);
}

TEST(TimeToThresholdTest, IsNothingWhereTheSignIsNotCertain) {
  EXPECT_EQ(Takes(Ms(380, 400), {-1, 10}), std::nullopt);
  EXPECT_EQ(Takes(Ms(380, 400), {0, 10}), std::nullopt);
  EXPECT_EQ(Takes(Ms(-400, -380), {-10, 0}), std::nullopt);
  EXPECT_EQ(Takes(Ms(0, 0), {0, 0}), std::nullopt);
}

TEST(TimeToThresholdTest, IsZeroOutsideWhicheverWayItDrifts) {
  for (const RateInterval drift :
       {kFast, kSlow, RateInterval{-1, 1}, RateInterval{0, 0}}) {
    EXPECT_EQ(Takes(Ms(501, 502), drift), Seconds(0, 0));
    EXPECT_EQ(Takes(Ms(-502, -501), drift), Seconds(0, 0));
  }
  // At the threshold it is inside.
  EXPECT_EQ(Takes(Ms(500, 500), kSlow), std::nullopt);
  EXPECT_EQ(Takes(Ms(500, 500), kFast), Seconds(0, 0));
}

TEST(TimeToThresholdTest, BeginsAtOnceWherePerhapsOutside) {
  EXPECT_EQ(Takes(Ms(400, 600), kFast), Seconds(0, 12'500));
  // Wider than the threshold, to both sides.
  EXPECT_EQ(Takes(Ms(-600, 600), kFast), Seconds(0, 125'000));
  EXPECT_EQ(Takes(Ms(-600, 100), kFast), Seconds(0, 125'000));
}

TEST(TimeToThresholdTest, ReachesThirtyDaysAhead) {
  // 432 ms in 30 days at 1/6 ppm.
  const RateInterval drift = {1.0 / 6, 1};
  EXPECT_TRUE(Takes(Ms(69, 69), drift).has_value());
  EXPECT_EQ(Takes(Ms(67, 67), drift), std::nullopt);
  EXPECT_EQ(Takes(Ms(0, 0), {1e-300, 1e300}), std::nullopt);
}

TEST(TimeToThresholdTest, HoldsTheTruthIfItGoesOnSo) {
  for (uint64_t seed = 0; seed < 10'000; ++seed) {
    Chance chance(seed);
    const double ppm =
        static_cast<double>(chance.Between(-200'000, 200'000)) / 1000;
    const absl::Duration offset =
        absl::Microseconds(chance.Between(-500'000, 500'000));
    const double blur = static_cast<double>(chance.Between(0, 1000)) / 1000;
    const Interval known =
        Interval::Exactly(offset).WidenedBy(chance.Upto(absl::Milliseconds(9)));
    const std::optional<Interval> takes =
        Takes(known, {ppm - blur, ppm + blur});
    if (!takes.has_value()) continue;
    const absl::Duration end = absl::Milliseconds(ppm > 0 ? 500 : -500);
    const double truth = absl::ToDoubleSeconds(end - offset) / (ppm / 1e6);
    ASSERT_LE(absl::ToDoubleSeconds(takes->lo), truth + 1e-6) << seed;
    ASSERT_GE(absl::ToDoubleSeconds(takes->hi), truth - 1e-6) << seed;
  }
}

}  // namespace
}  // namespace noonmark
