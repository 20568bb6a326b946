// What it costs at rest.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

bool IsSanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

// The number after `name` in a file of /proc.
int64_t FieldOf(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    int64_t value = -1;
    if (word == name && in >> value) return value;
  }
  ADD_FAILURE() << file << " has no " << name;
  return -1;
}

// What all threads of a process have used.
struct Used {
  std::chrono::nanoseconds cpu{0};
  int64_t ticks = 0;  // utime + stime, of 10 ms
  int64_t switches = 0;
};
Used UsedBy(pid_t pid) {
  Used used;
  const std::string folder = absl::StrCat("/proc/", pid);
  for (const auto& task :
       std::filesystem::directory_iterator(folder + "/task")) {
    int64_t on_cpu = 0;
    std::ifstream(task.path() / "schedstat") >> on_cpu;
    used.cpu += std::chrono::nanoseconds(on_cpu);
    const std::string status = task.path() / "status";
    used.switches += FieldOf(status, "voluntary_ctxt_switches:") +
                     FieldOf(status, "nonvoluntary_ctxt_switches:");
  }
  std::ifstream stat(folder + "/stat");
  std::string word;
  // utime and stime are the 14th and the 15th.
  for (int field = 1; field <= 15 && stat >> word; ++field) {
    if (field >= 14) used.ticks += std::stoll(word);
  }
  return used;
}

TEST(FleetStoryCostTest, AnAgentNeedsLittleMemoryAndNearlyNoTime) {
  if (IsSanitized()) GTEST_SKIP() << "sanitizers cost more than the agent";
  RealHost host;
  host.Configure("poll", "interval = \"5s\"\n");
  host.AddGuest("polled");
  host.StartAgent("polled");
  host.AddGuest("alone", "");
  host.StartAgent("alone");
  host.Start();
  constexpr int64_t kAgentKib = 24 * 1024;
  // Nearly all of it the hunter's; where others are busy, waking costs more.
  constexpr double kAgentShare = 0.002;
  // The first polls are over.
  uint64_t measured = 16;
  const auto wait_for_polls = [&] {
    host.WaitUntil("polled", [&](const v1::Guest& guest) {
      return guest.exchanges() >= measured;
    });
  };
  wait_for_polls();
  struct Watched {
    std::string name;
    pid_t pid;
    double most_share;
    int64_t most_kib;
    Used before;
  };
  std::vector<Watched> all = {
      {"agent that nobody asks",
       host.agent("alone").pid(),
       kAgentShare,
       kAgentKib,
       {}},
      {"agent that is polled every 5 s",
       host.agent("polled").pid(),
       kAgentShare,
       kAgentKib,
       {}},
      {"noonmarkd with one guest", host.daemon().pid(), 0.05, 64 * 1024, {}}};
  for (Watched& one : all) one.before = UsedBy(one.pid);
  const auto start = SteadyClock::now();
  measured += 3 * 8;  // three polls: more than 10 s
  wait_for_polls();
  const std::chrono::duration<double> elapsed = SteadyClock::now() - start;
  ASSERT_GE(elapsed.count(), 10);

  for (const Watched& one : all) {
    const Used after = UsedBy(one.pid);
    const std::chrono::duration<double> cpu = after.cpu - one.before.cpu;
    const double share = cpu.count() / elapsed.count();
    const int64_t rss =
        FieldOf(absl::StrCat("/proc/", one.pid, "/status"), "VmRSS:");
    std::cout << one.name << ": RSS " << rss << " KiB, CPU "
              << cpu.count() * 1000 << " ms (" << share * 100 << " %, "
              << after.ticks - one.before.ticks << " ticks of 10 ms) and "
              << after.switches - one.before.switches << " context switches in "
              << elapsed.count() << " s\n";
    EXPECT_LT(share, one.most_share) << one.name;
    EXPECT_LE(rss, one.most_kib) << one.name;
  }
}

}  // namespace
}  // namespace noonmark::testing
