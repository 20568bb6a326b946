#include "common/estimate/interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"

namespace noonmark {
namespace {

using ::testing::Eq;
using ::testing::Optional;

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr absl::Duration kSecond = absl::Seconds(1);

Interval Ns(int64_t lo, int64_t hi) {
  return {absl::Nanoseconds(lo), absl::Nanoseconds(hi)};
}

TEST(IntervalTest, HoldsItsEndsAndNothingBeyond) {
  const Interval interval = Ns(-3, 5);
  EXPECT_TRUE(interval.Contains(-3 * kNs));
  EXPECT_TRUE(interval.Contains(5 * kNs));
  EXPECT_FALSE(interval.Contains(-4 * kNs));
  EXPECT_FALSE(interval.Contains(6 * kNs));
  EXPECT_TRUE(Ns(0, 0).ContainsZero());
  EXPECT_TRUE(Ns(-3, 0).ContainsZero());
  EXPECT_FALSE(Ns(-3, -1).ContainsZero());
  EXPECT_FALSE(Ns(1, 3).ContainsZero());
}

TEST(IntervalTest, HasAMiddleAndAHalfWidthThatCoverIt) {
  for (int64_t lo = -9; lo <= 9; ++lo) {
    for (int64_t hi = lo; hi <= 9; ++hi) {
      const Interval i = {lo * kNs / 4, hi * kNs / 4};
      EXPECT_LE(i.Middle() - i.HalfWidth(), i.lo);
      EXPECT_GE(i.Middle() + i.HalfWidth(), i.hi);
      EXPECT_LE(i.HalfWidth(), i.Width() / 2 + kNs / 4);
    }
  }
}

TEST(IntervalTest, MeetsWhatSharesAnEnd) {
  EXPECT_TRUE(Ns(0, 5).Meets(Ns(5, 9)));
  EXPECT_TRUE(Ns(5, 9).Meets(Ns(0, 5)));
  EXPECT_FALSE(Ns(0, 5).Meets(Ns(6, 9)));
  EXPECT_FALSE(Ns(6, 9).Meets(Ns(0, 5)));
  EXPECT_THAT(Intersection(Ns(0, 5), Ns(5, 9)), Optional(Eq(Ns(5, 5))));
  EXPECT_THAT(Intersection(Ns(0, 7), Ns(5, 9)), Optional(Eq(Ns(5, 7))));
  EXPECT_EQ(Intersection(Ns(0, 5), Ns(6, 9)), std::nullopt);
  EXPECT_EQ(Hull(Ns(0, 5), Ns(8, 9)), Ns(0, 9));
}

TEST(IntervalTest, IsWithinWhatHasTheSameEnds) {
  EXPECT_TRUE(Ns(-5, 5).Within(Ns(-5, 5)));
  EXPECT_FALSE(Ns(-6, 5).Within(Ns(-5, 5)));
  EXPECT_FALSE(Ns(-5, 6).Within(Ns(-5, 5)));
}

TEST(IntervalTest, TellsTheLeastMagnitudeThatIsCertain) {
  EXPECT_EQ(Ns(2, 5).LeastMagnitude(), 2 * kNs);
  EXPECT_EQ(Ns(-5, -2).LeastMagnitude(), 2 * kNs);
  EXPECT_EQ(Ns(-5, 2).LeastMagnitude(), absl::ZeroDuration());
  EXPECT_EQ(Ns(0, 2).LeastMagnitude(), absl::ZeroDuration());
}

TEST(IntervalTest, AddsAndSubtractsWhateverTheTruthsAre) {
  const Interval a = Ns(-2, 3);
  const Interval b = Ns(4, 9);
  for (int64_t x = -2; x <= 3; ++x) {
    for (int64_t y = 4; y <= 9; ++y) {
      EXPECT_TRUE((a + b).Contains((x + y) * kNs));
      EXPECT_TRUE((a - b).Contains((x - y) * kNs));
      EXPECT_TRUE((-a).Contains(-x * kNs));
    }
  }
  EXPECT_EQ(a + b, Ns(2, 12));
  EXPECT_EQ(a - b, Ns(-11, -1));
}

TEST(DriftTest, IsNeverLessThanTheRateAllows) {
  for (const PartsPerBillion rate : {0, 1, 999, 500'000, 111'000'000}) {
    for (const int64_t ns : {0, 1, 3, 1999, 1'000'000, 999'999'999}) {
      const absl::Duration elapsed = absl::Nanoseconds(ns);
      // In 10^-9 ns, exactly.
      const absl::Duration drift = Drift(elapsed, rate);
      EXPECT_GE(absl::ToInt64Nanoseconds(drift) * 1'000'000'000, ns * rate);
      EXPECT_LE(drift, elapsed * rate / 1'000'000'000 + kNs);
    }
  }
}

TEST(DriftTest, BearsTheLongestSpanThatTwoReadingsCanHave) {
  const absl::Duration longest =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max()) -
      absl::Nanoseconds(std::numeric_limits<int64_t>::min());
  EXPECT_GT(Drift(longest, 111'000'000), longest / 10);
  EXPECT_LT(Drift(longest, 111'000'000), longest / 8);
  EXPECT_EQ(Drift(kSecond, 500'000), absl::Microseconds(500) + kNs);
}

}  // namespace
}  // namespace noonmark
