#include "common/detect/signature.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr absl::Duration kTolerance = absl::Milliseconds(1);
constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

std::string NameOf(const Interval& jump) {
  const Signature* signature = MatchSignature(jump);
  return signature == nullptr ? "" : signature->name;
}
std::string NameOf(absl::Duration jump) {
  return NameOf(Interval::Exactly(jump));
}

TEST(SignatureTest, HasDistinctSizesInRisingOrderWithTextsToShow) {
  absl::Duration last;
  for (const Signature& signature : AllSignatures()) {
    EXPECT_GT(signature.size, last) << signature.name;
    EXPECT_FALSE(signature.name.empty());
    EXPECT_FALSE(signature.meaning.empty());
    last = signature.size;
  }
}

TEST(SignatureTest, NamesEverySizeOfEitherSignAndNoOther) {
  for (const Signature& signature : AllSignatures()) {
    for (const int sign : {1, -1}) {
      const absl::Duration size = sign * signature.size;
      EXPECT_EQ(MatchSignature(Interval::Exactly(size)), &signature)
          << signature.name;
      // As a measurement with a bound of a millisecond would show it.
      EXPECT_EQ(MatchSignature(Interval::Exactly(size).WidenedBy(kTolerance)),
                &signature)
          << signature.name;
    }
  }
}

TEST(SignatureTest, KnowsTheSizesThatAreDocumented) {
  EXPECT_EQ(NameOf(kTwoTo42), "2^42 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(4'398'046'511'104)), "2^42 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(2'199'023'255'552)), "2^41 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(1'099'511'627'776)), "2^40 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(17'592'186'044'416)), "2^44 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(68'719'476'736)), "2^36 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(18'014'398'509'481'984)), "2^54 ns");
  EXPECT_EQ(NameOf(absl::Microseconds(4'294'967'296)), "2^32 us");
  EXPECT_EQ(NameOf(absl::Microseconds(2'147'483'648)), "2^31 us");
  EXPECT_EQ(NameOf(absl::Nanoseconds(4'294'967'296)), "2^32 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(38'654'705'664)), "9 x 2^32 ns");
  EXPECT_EQ(NameOf(absl::Milliseconds(299'966)), "2^32 / 14.31818 MHz (HPET)");
  EXPECT_EQ(NameOf(absl::Microseconds(178'956'971)), "2^32 / 24 MHz (HPET)");
  EXPECT_EQ(NameOf(absl::Microseconds(4'686'969)),
            "2^24 / 3.579545 MHz (ACPI PM timer)");
  EXPECT_EQ(NameOf(absl::Microseconds(1'199'863'807)),
            "2^32 / 3.579545 MHz (ACPI PM timer)");
  EXPECT_EQ(NameOf(absl::Seconds(2'147'483'648)), "2^31 s");
  EXPECT_EQ(NameOf(absl::Seconds(4'294'967'296)), "2^32 s");
  EXPECT_EQ(NameOf(absl::Seconds(619'315'200)), "1024 weeks");
  EXPECT_EQ(NameOf(absl::Seconds(2'208'988'800)), "70 years (1900 to 1970)");
  EXPECT_EQ(NameOf(absl::Nanoseconds(int64_t{1} << 62) * 2), "2^63 ns");
  EXPECT_EQ(NameOf(absl::Nanoseconds(int64_t{1} << 62) * 4), "2^64 ns");
  EXPECT_EQ(NameOf(absl::Seconds(1)), "1 s");
  EXPECT_EQ(NameOf(absl::Seconds(18)), "18 s");
  EXPECT_EQ(NameOf(absl::Seconds(37)), "37 s");
  EXPECT_EQ(NameOf(absl::Minutes(15)), "15 min");
  EXPECT_EQ(NameOf(absl::Minutes(345)), "345 min");
  EXPECT_EQ(NameOf(absl::Hours(14)), "14 h");
  EXPECT_EQ(NameOf(absl::Hours(24)), "1 day");
}

TEST(SignatureTest, IsNotMistakenForItsNeighbour) {
  EXPECT_EQ(NameOf(absl::Milliseconds(4'294'967)), "2^32 us");
  EXPECT_EQ(NameOf(absl::Milliseconds(4'398'047)), "2^42 ns");
  for (int k = 1; k <= 14; ++k) {
    EXPECT_EQ(NameOf(absl::Hours(k)), std::to_string(k) + " h");
  }
  EXPECT_EQ(NameOf(absl::Hours(15)), "");
  EXPECT_EQ(NameOf(absl::Minutes(14 * 60 + 15)), "");
}

TEST(SignatureTest, IsNamedUpToATolerance) {
  EXPECT_EQ(NameOf(kTwoTo42 + kTolerance), "2^42 ns");
  EXPECT_EQ(NameOf(kTwoTo42 + kTolerance + kNs), "");
  EXPECT_EQ(NameOf(kTwoTo42 - kTolerance), "2^42 ns");
  EXPECT_EQ(NameOf(kTwoTo42 - kTolerance - kNs), "");
  EXPECT_EQ(NameOf(-kTwoTo42 + kTolerance), "2^42 ns");
  EXPECT_EQ(NameOf(-kTwoTo42 + kTolerance + kNs), "");
}

TEST(SignatureTest, IsNamedOnlyWhereNoOtherFits) {
  // 103 s lie between 2^32 us and 2^42 ns.
  const absl::Duration lo = absl::Microseconds(int64_t{1} << 32);
  EXPECT_EQ(NameOf(Interval{lo + kTolerance + kNs, kTwoTo42}), "2^42 ns");
  EXPECT_EQ(NameOf(Interval{lo + kTolerance, kTwoTo42}), "");
  EXPECT_EQ(NameOf(Interval{-kTwoTo42, -lo - kTolerance}), "");
  EXPECT_EQ(NameOf(Interval{absl::ZeroDuration(), absl::Hours(10'000)}), "");
}

TEST(SignatureTest, IsNotAskedOfWhatMayBeNoJump) {
  EXPECT_EQ(NameOf(absl::ZeroDuration()), "");
  EXPECT_EQ(NameOf(Interval{-absl::Seconds(1), absl::Seconds(1)}), "");
}

TEST(SignatureTest, TellsArithmeticFromTheCalendar) {
  EXPECT_TRUE(MatchSignature(Interval::Exactly(kTwoTo42))->arithmetic);
  EXPECT_TRUE(
      MatchSignature(Interval::Exactly(absl::Nanoseconds(38'654'705'664)))
          ->arithmetic);
  EXPECT_FALSE(MatchSignature(Interval::Exactly(absl::Hours(1)))->arithmetic);
  EXPECT_FALSE(MatchSignature(Interval::Exactly(absl::Seconds(1)))->arithmetic);
}

}  // namespace
}  // namespace noonmark
