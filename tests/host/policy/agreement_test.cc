#include "host/policy/agreement.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

MonotonicTime At(double seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

Interval Around(absl::Duration middle) {
  return Interval::Exactly(middle).WidenedBy(absl::Microseconds(200));
}

TEST(AgreementTest, CountsMeasurementsThatStandInOnePlace) {
  Agreement agreement;
  EXPECT_EQ(agreement.count(), 0);
  EXPECT_EQ(agreement.span(), absl::ZeroDuration());
  for (int i = 0; i < 7; ++i) {
    agreement.Add(Around(absl::Seconds(-6)), At(100 + 5 * i));
  }
  EXPECT_EQ(agreement.count(), 7);
  EXPECT_EQ(agreement.span(), absl::Seconds(30));
}

TEST(AgreementTest, BearsADriftOf180Ppm) {
  Agreement agreement;
  for (int i = 0; i < 100; ++i) {
    agreement.Add(Around(absl::Microseconds(900) * i), At(5 * i));
  }
  EXPECT_EQ(agreement.count(), 100);
}

TEST(AgreementTest, BeginsAnewWhereTheClockLeaptOrIsSlewed) {
  Agreement agreement;
  agreement.Add(Around(absl::Seconds(1)), At(0));
  agreement.Add(Around(absl::Seconds(1)), At(5));
  agreement.Add(Around(absl::Seconds(3)), At(10));
  EXPECT_EQ(agreement.count(), 1);
  EXPECT_EQ(agreement.span(), absl::ZeroDuration());
  // 8.3 %, as chronyd slews.
  for (int i = 1; i < 10; ++i) {
    agreement.Add(Around(absl::Seconds(3 - 0.415 * i)), At(10 + 5 * i));
    EXPECT_EQ(agreement.count(), 1);
  }
}

TEST(AgreementTest, TakesTheSameMomentForTheSameMeasurement) {
  Agreement agreement;
  agreement.Add(Around(absl::Seconds(1)), At(5));
  agreement.Add(Around(absl::Seconds(1)), At(5));
  agreement.Add(Around(absl::Seconds(1)), At(4));
  EXPECT_EQ(agreement.count(), 1);
}

TEST(AgreementTest, ForgetsAll) {
  Agreement agreement;
  agreement.Add(Around(absl::Seconds(1)), At(0));
  agreement.Add(Around(absl::Seconds(1)), At(30));
  agreement.Forget();
  EXPECT_EQ(agreement.count(), 0);
  EXPECT_EQ(agreement.span(), absl::ZeroDuration());
}

}  // namespace
}  // namespace noonmark
