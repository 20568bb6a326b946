#include "guest/hunter/set_counter.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

// Nobody sets this machine's clock while its tests run.
TEST(SetCounterTest, StandsWhileNobodySetsTheClock) {
  SetCounter counter;
  const uint64_t first = counter.Count();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(counter.Count(), first);
}

}  // namespace
}  // namespace noonmark
