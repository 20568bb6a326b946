#include "common/detect/reading_gaps.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace noonmark {
namespace {

ClockReading At(absl::Duration raw) {
  ClockReading reading;
  reading.raw_before = reading.monotonic = reading.raw_after = raw;
  return reading;
}
MonotonicTime Moment(absl::Duration raw) {
  return MonotonicTime::FromReading(raw);
}

TEST(ReadingGapsTest, KnowsNothingOfWhatWasBeforeTheFirstReading) {
  ReadingGaps gaps;
  EXPECT_FALSE(gaps.WidestSince(Moment(absl::Seconds(10))).has_value());
  gaps.Add(At(absl::Seconds(10)));
  EXPECT_FALSE(gaps.WidestSince(Moment(absl::Seconds(9))).has_value());
  EXPECT_TRUE(gaps.WidestSince(Moment(absl::Seconds(10))).has_value());
}

TEST(ReadingGapsTest, GivesTheWidestOfATime) {
  ReadingGaps gaps;
  for (const double raw : {10.0, 10.1, 13.1, 13.2, 15.1, 15.2}) {
    gaps.Add(At(absl::Seconds(raw)));
  }
  const auto since = [&](double raw) {
    return *gaps.WidestSince(Moment(absl::Seconds(raw)));
  };
  EXPECT_GE(since(10.0), absl::Seconds(3));
  EXPECT_LT(since(10.0), absl::Seconds(6));
  EXPECT_GE(since(13.1), absl::Seconds(3)) << "it ended then";
  EXPECT_GE(since(13.15), absl::Seconds(1.9));
  EXPECT_LT(since(13.15), absl::Seconds(3));
  EXPECT_LE(since(15.2), absl::Seconds(0.25));
}

TEST(ReadingGapsTest, CountsALeapWithinAReading) {
  ReadingGaps gaps;
  gaps.Add(At(absl::Seconds(10)));
  ClockReading broken = At(absl::Seconds(10.1));
  broken.raw_after += absl::Seconds(5);
  gaps.Add(broken);
  EXPECT_GE(*gaps.WidestSince(Moment(absl::Seconds(10))), absl::Seconds(5));
}

TEST(ReadingGapsTest, PassesOverReadingsThatComeLate) {
  ReadingGaps gaps;
  gaps.Add(At(absl::Seconds(10)));
  gaps.Add(At(absl::Seconds(15)));
  gaps.Add(At(absl::Seconds(12)));
  gaps.Add(At(absl::Seconds(15.1)));
  EXPECT_GE(*gaps.WidestSince(Moment(absl::Seconds(10))), absl::Seconds(5));
}

TEST(ReadingGapsTest, BeginsAnewWhereTheCounterFell) {
  ReadingGaps gaps;
  gaps.Add(At(absl::Hours(2)));
  gaps.Add(At(absl::Hours(1)));
  gaps.Add(At(absl::Hours(1) + absl::Seconds(1)));
  EXPECT_FALSE(gaps.WidestSince(Moment(absl::Minutes(59))).has_value());
  EXPECT_GE(*gaps.WidestSince(Moment(absl::Hours(1))), absl::Seconds(1));
}

}  // namespace
}  // namespace noonmark
