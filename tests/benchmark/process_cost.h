#ifndef NOONMARK_TESTS_BENCHMARK_PROCESS_COST_H_
#define NOONMARK_TESTS_BENCHMARK_PROCESS_COST_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/time/time.h"

namespace noonmark::benchmarks {

// Time on a processor so far, user and system, all threads.
absl::Duration OwnCpu();
absl::Duration CpuOf(pid_t process);

// Resident set in KiB.
int64_t ResidentKibOf(pid_t process);

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_PROCESS_COST_H_
