#include "guest/hunter/cpu_rota.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <set>
#include <thread>

namespace noonmark {
namespace {

TEST(CpuRotaTest, VisitsEachAllowedCpuInTurnAndNoOther) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  const int count = CPU_COUNT(&allowed);
  std::thread([&] {
    CpuRota rota;
    std::set<uint32_t> visited;
    for (int i = 0; i < count; ++i) {
      rota.Next();
      EXPECT_TRUE(CPU_ISSET(CpuRota::Current(), &allowed));
      visited.insert(CpuRota::Current());
    }
    EXPECT_EQ(visited.size(), static_cast<size_t>(count));
    rota.Next();
    EXPECT_EQ(CpuRota::Current(), *visited.begin());
  }).join();
  // Of the thread alone.
  cpu_set_t after;
  ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&allowed, &after));
}

}  // namespace
}  // namespace noonmark
