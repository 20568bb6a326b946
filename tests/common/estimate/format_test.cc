#include "common/estimate/format.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kNs = absl::Nanoseconds(1);

TEST(FormatSecondsTest, IsSignedAndRoundedToTheNearestMicrosecond) {
  EXPECT_EQ(FormatSeconds(absl::ZeroDuration()), "+0.000000 s");
  EXPECT_EQ(FormatSeconds(absl::Nanoseconds(int64_t{1} << 42)),
            "+4398.046511 s");
  EXPECT_EQ(FormatSeconds(absl::Seconds(-6)), "-6.000000 s");
  EXPECT_EQ(FormatSeconds(499 * kNs), "+0.000000 s");
  EXPECT_EQ(FormatSeconds(500 * kNs), "+0.000001 s");
  EXPECT_EQ(FormatSeconds(-501 * kNs), "-0.000001 s");
  EXPECT_EQ(FormatSeconds(-500 * kNs), "+0.000000 s");
  EXPECT_EQ(FormatSeconds(-absl::Milliseconds(1)), "-0.001000 s");
}

TEST(FormatSecondsTest, BearsTheLargestDifferenceOfTwoReadings) {
  const absl::Duration longest =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max()) -
      absl::Nanoseconds(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(FormatSeconds(longest), "+18446744073.709552 s");
  EXPECT_EQ(FormatSeconds(-longest), "-18446744073.709552 s");
}

TEST(FormatIntervalTest, IsRoundedOutwards) {
  EXPECT_EQ(FormatInterval({1 * kNs, 1001 * kNs}),
            "[+0.000000 s, +0.000002 s]");
  EXPECT_EQ(FormatInterval({-1 * kNs, -1000 * kNs}),
            "[-0.000001 s, -0.000001 s]");
}

// What is printed is x ± y in whole microseconds; both are read back.
TEST(FormatOffsetTest, PrintsWhatHoldsTheInterval) {
  for (int64_t lo = -2600; lo <= 2600; lo += 97) {
    for (int64_t width = 0; width <= 5200; width += 89) {
      const Interval interval = {lo * kNs, (lo + width) * kNs};
      const std::string text = FormatOffset(interval);
      const size_t middle_end = text.find(" s ± ");
      ASSERT_NE(middle_end, std::string::npos) << text;
      const absl::Duration middle = absl::Microseconds(
          std::llround(std::stod(text.substr(0, middle_end)) * 1e6));
      const absl::Duration reach = absl::Microseconds(
          std::llround(std::stod(text.substr(middle_end + 6)) * 1e6));
      EXPECT_LE(middle - reach, interval.lo) << text << " of " << lo;
      EXPECT_GE(middle + reach, interval.hi) << text << " of " << lo;
      EXPECT_LE(reach, interval.HalfWidth() + absl::Nanoseconds(1500));
    }
  }
  EXPECT_EQ(FormatOffset(Interval::Exactly(absl::Seconds(-6))),
            "-6.000000 s ± 0.000000 s");
}

TEST(FormatAgeTest, IsRoundedDownToTheUnitThatPeopleUse) {
  EXPECT_EQ(FormatAge(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(FormatAge(absl::Minutes(2) - kNs), "119 s");
  EXPECT_EQ(FormatAge(absl::Minutes(2)), "2 min");
  EXPECT_EQ(FormatAge(absl::Hours(2) - kNs), "119 min");
  EXPECT_EQ(FormatAge(absl::Hours(2)), "2 h");
  EXPECT_EQ(FormatAge(absl::Hours(48) - kNs), "47 h");
  EXPECT_EQ(FormatAge(absl::Hours(48)), "2 d");
}

TEST(FormatMomentTest, IsInUtcToTheMillisecond) {
  EXPECT_EQ(FormatMoment(absl::FromUnixMillis(1'795'285'201'123)),
            "2026-11-21 18:20:01.123 UTC");
}

}  // namespace
}  // namespace noonmark
