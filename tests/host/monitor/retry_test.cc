#include "host/monitor/retry.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

MonotonicTime At(absl::Duration d) { return MonotonicTime::FromReading(d); }

TEST(AllowanceTest, AllowsSoManyAtOnceAndThenOneAtATime) {
  Allowance allowance(3, absl::Seconds(10));
  const MonotonicTime now = At(absl::Hours(1));
  EXPECT_EQ(allowance.Take(now), now);
  EXPECT_EQ(allowance.Take(now), now);
  EXPECT_EQ(allowance.Take(now), now);
  EXPECT_EQ(allowance.Take(now), now + absl::Seconds(10));
  EXPECT_EQ(allowance.Take(now), now + absl::Seconds(20));
}

TEST(AllowanceTest, FillsUpAgainAndNoFurther) {
  Allowance allowance(2, absl::Seconds(10));
  MonotonicTime now = At(absl::Hours(1));
  for (int i = 0; i < 2; ++i) allowance.Take(now);
  now = now + absl::Seconds(10);
  EXPECT_EQ(allowance.Take(now), now);
  EXPECT_EQ(allowance.Take(now), now + absl::Seconds(10));
  now = now + absl::Hours(1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(allowance.Take(now), now);
  EXPECT_EQ(allowance.Take(now), now + absl::Seconds(10));
}

}  // namespace
}  // namespace noonmark
