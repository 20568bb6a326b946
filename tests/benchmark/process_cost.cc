#include "tests/benchmark/process_cost.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace noonmark::benchmarks {

absl::Duration OwnCpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

absl::Duration CpuOf(pid_t process) {
  // "nanoseconds on the processor, waiting for it, times": /proc/PID/stat has
  // hundredths of a second only.
  absl::Duration sum;
  for (const auto& task : std::filesystem::directory_iterator(
           "/proc/" + std::to_string(process) + "/task")) {
    int64_t running_ns = 0;
    std::ifstream(task.path() / "schedstat") >> running_ns;
    sum += absl::Nanoseconds(running_ns);
  }
  return sum;
}

int64_t ResidentKibOf(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string word;
  int64_t kib = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib;
}

}  // namespace noonmark::benchmarks
