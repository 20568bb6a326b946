#include "common/estimate/offset_band.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr PartsPerBillion kRho = 500'000;

Interval Us(int64_t lo, int64_t hi) {
  return {absl::Microseconds(lo), absl::Microseconds(hi)};
}

TEST(OffsetBandTest, WidensByTheRateBoundAsItAges) {
  const OffsetBand band({Us(-10, 20), absl::Seconds(100), {}});
  EXPECT_EQ(band.At(absl::Seconds(100), kRho), Us(-10, 20).WidenedBy(kNs));
  EXPECT_EQ(band.At(absl::Seconds(102), kRho), Us(-1010, 1020).WidenedBy(kNs));
}

TEST(OffsetBandTest, AgesAReadingFromBeforeItsOwnMomentAsMuch) {
  const OffsetBand band({Us(-10, 20), absl::Seconds(100), {}});
  EXPECT_EQ(band.At(absl::Seconds(98), kRho),
            band.At(absl::Seconds(102), kRho));
}

TEST(OffsetBandTest, IsNarrowedByWhatAgrees) {
  OffsetBand band({Us(-10, 20), absl::Seconds(100), {}});
  ASSERT_TRUE(band.Narrow({Us(15, 40), absl::Seconds(100), {}}, kRho));
  EXPECT_EQ(band.At(absl::Seconds(100), 0),
            (Interval{absl::Microseconds(15), absl::Microseconds(20) + kNs})
                .WidenedBy(kNs));
  EXPECT_EQ(band.latest().at, absl::Seconds(100));
}

TEST(OffsetBandTest, IsNarrowedByWhatTouchesItAndByNothingBeyond) {
  OffsetBand band({Us(-10, 20), absl::Seconds(100), {}});
  const absl::Duration end = absl::Microseconds(520) + kNs;  // a second later
  const absl::Duration later = absl::Seconds(101);
  const Interval beyond = {end + kNs / 4, end + absl::Microseconds(9)};
  EXPECT_FALSE(band.Narrow({beyond, later, {}}, kRho));
  EXPECT_EQ(band.latest().at, absl::Seconds(100));  // unchanged
  EXPECT_EQ(band.At(absl::Seconds(100), kRho), Us(-10, 20).WidenedBy(kNs));
  EXPECT_TRUE(
      band.Narrow({{end, end + absl::Microseconds(9)}, later, {}}, kRho));
  EXPECT_EQ(band.latest().at, later);
}

// A wide bound agrees with where c was and with where it is.
TEST(OffsetBandTest, RestsAContradictionOnTheBoundThatMadeTheEdge) {
  const auto early = MonotonicTime::FromReading(absl::Seconds(1));
  const auto late = MonotonicTime::FromReading(absl::Seconds(2));
  OffsetBand band({Us(-10, 20), absl::Seconds(100), early});
  ASSERT_TRUE(band.Narrow({Us(-5000, 0), absl::Seconds(101), late}, kRho));
  EXPECT_EQ(band.Contradicted(Us(900, 910)).seen, late);
  EXPECT_EQ(band.Contradicted(Us(-910, -900)).seen, early);
  EXPECT_EQ(band.Contradicted(Us(-910, -900)).bound, Us(-10, 20));
}

}  // namespace
}  // namespace noonmark
