#include "host/inventory/back_off.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

TEST(BackOffTest, DoublesUpToTheLongestLessAtMostHalf) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    BackOff back_off(absl::Seconds(1), absl::Seconds(30), seed);
    for (const int full : {1, 2, 4, 8, 16, 30, 30, 30}) {
      const absl::Duration pause = back_off.Next();
      EXPECT_GE(pause, absl::Seconds(full) / 2);
      EXPECT_LE(pause, absl::Seconds(full));
    }
  }
}

TEST(BackOffTest, BeginsAnewAfterReset) {
  BackOff back_off(absl::Seconds(1), absl::Seconds(30), 1);
  for (int i = 0; i < 5; ++i) back_off.Next();
  back_off.Reset();
  EXPECT_LE(back_off.Next(), absl::Seconds(1));
  EXPECT_LE(back_off.Next(), absl::Seconds(2));
}

TEST(BackOffTest, DependsOnTheSeedAlone) {
  BackOff one(absl::Seconds(1), absl::Seconds(30), 1);
  BackOff same(absl::Seconds(1), absl::Seconds(30), 1);
  BackOff other(absl::Seconds(1), absl::Seconds(30), 2);
  const absl::Duration first = one.Next();
  EXPECT_EQ(same.Next(), first);
  EXPECT_NE(other.Next(), first);
}

TEST(BackOffTest, NeverOverflows) {
  BackOff back_off(absl::Nanoseconds(1), absl::Hours(24), 3);
  for (int i = 0; i < 1000; ++i) EXPECT_LE(back_off.Next(), absl::Hours(24));
}

}  // namespace
}  // namespace noonmark
