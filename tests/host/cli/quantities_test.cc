#include "host/cli/quantities.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr absl::Duration kUs = absl::Microseconds(1);

void ExpectHolds(const Measure& measure, const Interval& interval) {
  EXPECT_LE(measure.value - measure.bound, interval.lo);
  EXPECT_GE(measure.value + measure.bound, interval.hi);
}

TEST(FromProtoTest, PutsTheEndsInOrder) {
  const auto interval = FromText<v1::OffsetInterval>(
      "lo { seconds: 2 } hi { seconds: -1 nanos: -5 }");
  EXPECT_EQ(FromProto(interval).lo, -absl::Seconds(1) - 5 * kNs);
  EXPECT_EQ(FromProto(interval).hi, absl::Seconds(2));
}

TEST(FromProtoTest, KeepsImpossibleSecondsFinite) {
  google::protobuf::Duration duration;
  duration.set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_LT(FromProto(duration), absl::InfiniteDuration());
  duration.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_GT(FromProto(duration), -absl::InfiniteDuration());
}

TEST(MeasureOfTest, RoundsTheBoundUp) {
  const Measure measure = MeasureOf({-kNs, kNs}, kUs);
  EXPECT_EQ(measure.value, absl::ZeroDuration());
  EXPECT_EQ(measure.bound, kUs);
}

TEST(MeasureOfTest, HoldsTheIntervalWhereverTheValueIsRoundedTo) {
  for (int64_t lo = -2500; lo <= 2500; lo += 499) {
    for (int64_t width : {0, 1, 2, 499, 500, 501, 999, 1000, 1001, 7777}) {
      const Interval interval = {lo * kNs, (lo + width) * kNs};
      const Measure measure = MeasureOf(interval, kUs);
      SCOPED_TRACE(::testing::Message() << lo << " + " << width);
      ExpectHolds(measure, interval);
      EXPECT_LE(measure.bound, width * kNs / 2 + 2 * kUs);
    }
  }
}

TEST(MeasureOfTest, KeepsNanosecondsBesideCenturies) {
  const absl::Duration far =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max());
  const Interval interval = {2 * far, 2 * far + 2 * kNs};
  const Measure measure = MeasureOf(interval, kNs);
  EXPECT_EQ(measure.value, 2 * far + kNs);
  EXPECT_EQ(measure.bound, kNs);
  EXPECT_EQ(Seconds9(measure.value, Sign::kBoth), "+18446744073.709551615");
}

TEST(MeasureOfTest, HoldsIntervalsOfAnyWidth) {
  const absl::Duration far =
      absl::Nanoseconds(std::numeric_limits<int64_t>::max());
  const Interval interval = {-far, far};
  ExpectHolds(MeasureOf(interval, kUs), interval);
}

TEST(SecondsTest, WritesAllDecimalsAndTheSignThatIsAskedFor) {
  EXPECT_EQ(Seconds6(absl::ZeroDuration(), Sign::kBoth), "+0.000000");
  EXPECT_EQ(Seconds6(-kUs, Sign::kBoth), "-0.000001");
  EXPECT_EQ(Seconds6(4398046310 * kUs, Sign::kBoth), "+4398.046310");
  EXPECT_EQ(Seconds6(420 * kUs, Sign::kMinus), "0.000420");
  EXPECT_EQ(Seconds9(-absl::Seconds(6) - 12 * kNs, Sign::kMinus),
            "-6.000000012");
}

TEST(LengthTextTest, NamesTheUnit) {
  EXPECT_EQ(LengthText(absl::Seconds(2)), "2 s");
  EXPECT_EQ(LengthText(absl::Milliseconds(1500)), "1.5 s");
  EXPECT_EQ(LengthText(absl::Milliseconds(50)), "50 ms");
}

TEST(LongTextTest, TellsSizesInThreeUnits) {
  EXPECT_EQ(LongText(absl::Seconds(4398)), "1 h 13 min 18 s");
  EXPECT_EQ(LongText(-absl::Seconds(3600)), "1 h");
  EXPECT_EQ(LongText(absl::Seconds(86400 + 59)), "1 d 0 h 0 min");
  EXPECT_EQ(LongText(absl::Milliseconds(10)), "0 s");
  EXPECT_EQ(LongText(absl::Nanoseconds(std::numeric_limits<int64_t>::max())),
            "292 y 98 d 23 h");
}

TEST(AheadTextTest, RoundsTheEndsOutwardsToWhatIsWorthKnowing) {
  EXPECT_EQ(AheadText({absl::Seconds(38'340), absl::Seconds(42'541)}),
            "11 h 10 min (10 h 30 min to 11 h 50 min)");
  EXPECT_EQ(AheadText({absl::Milliseconds(61'900), absl::Milliseconds(62'100)}),
            "1 min 2 s (1 min 1 s to 1 min 3 s)");
  EXPECT_EQ(AheadText({absl::ZeroDuration(), absl::Hours(9)}),
            "4 h 30 min (0 s to 9 h)");
  EXPECT_EQ(AheadText({absl::Hours(71), absl::Hours(25 * 24)}),
            "14 d (2 d 23 h to 25 d)");
  EXPECT_EQ(AheadText({absl::Hours(3), absl::Hours(3)}), "3 h");
}

}  // namespace
}  // namespace noonmark::cli
