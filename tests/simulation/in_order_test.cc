#include "tests/simulation/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

#include <vector>

namespace noonmark::simulation {
namespace {

// Some take longer than others.
uint64_t Work(uint64_t i) {
  volatile uint64_t sum = 0;
  for (uint64_t k = 0; k < (i * 7919) % 1000; ++k) sum = sum + k;
  return i * i;
}

TEST(InOrderTest, MergesEachOnceInItsOrder) {
  for (const uint64_t count : {0, 1, 2, 257, 5000}) {
    std::vector<uint64_t> merged;
    InOrder<uint64_t>(
        count, Work,
        [&](uint64_t i, uint64_t result) {
          EXPECT_EQ(i, merged.size());
          merged.push_back(result);
          return true;
        },
        count % 2 == 0 ? 0 : 3);
    ASSERT_EQ(merged.size(), count);
    for (uint64_t i = 0; i < count; ++i) EXPECT_EQ(merged[i], i * i);
  }
}

TEST(InOrderTest, StopsWhereItIsToldTo) {
  std::atomic<uint64_t> worked = 0;
  uint64_t merged = 0;
  InOrder<uint64_t>(
      1'000'000,
      [&](uint64_t i) {
        ++worked;
        return Work(i);
      },
      [&](uint64_t i, uint64_t) {
        ++merged;
        return i < 99;
      });
  EXPECT_EQ(merged, 100u);
  EXPECT_LT(worked, 1000u);
}

}  // namespace
}  // namespace noonmark::simulation
