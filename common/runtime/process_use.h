#ifndef NOONMARK_COMMON_RUNTIME_PROCESS_USE_H_
#define NOONMARK_COMMON_RUNTIME_PROCESS_USE_H_

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

// What a process has used, as the kernel counts it.
struct ProcessUse {
  absl::Duration cpu;           // of all its threads, user and system
  absl::Duration children_cpu;  // of its children that it has waited for
  uint64_t resident_bytes = 0;  // now
};

// From /proc; of a child that has not been waited for, so that the number is
// nobody else's.
//
// Errors: kUnavailable: it cannot be read.
absl::StatusOr<ProcessUse> ReadProcessUse(pid_t process);

// The line of /proc/PID/stat. `ticks`: of sysconf(_SC_CLK_TCK), a second;
// `page`: bytes. Errors: kInvalidArgument: it is none.
absl::StatusOr<ProcessUse> ParseProcessUse(std::string_view stat, int64_t ticks,
                                           int64_t page);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_PROCESS_USE_H_
