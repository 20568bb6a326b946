#include "guest/hunter/set_counter.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace noonmark {
namespace {

// Nobody sets this machine's clock while its tests run.
TEST(SetCounterTest, StandsWhileNobodySetsTheClock) {
  SetCounter counter;
  const uint64_t first = counter.Count();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(counter.Count(), first);
  pollfd set = {counter.descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&set, 1, 0), 0);
}

}  // namespace
}  // namespace noonmark
