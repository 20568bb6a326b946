#ifndef NOONMARK_COMMON_RUNTIME_SPAWN_H_
#define NOONMARK_COMMON_RUNTIME_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace noonmark {

inline constexpr int kNullFile = -1;

struct SpawnOptions {
  // The first is the program's path; nothing is looked up.
  std::vector<std::string> arguments;
  // What its descriptors 0, 1, 2 ... are: one of ours, or kNullFile. It has no
  // others. None of ours but the same may be below their number.
  std::vector<int> files;
  // All of it: "LC_ALL=C".
  std::vector<std::string> environment;
};

// Starts a program in a process group of its own, with no signal blocked or
// ignored. posix_spawn, not fork: nothing of our threads' state is copied, and
// nobody's fork handlers run.
//
// Errors, with the program's path: kNotFound: it is not there; kUnavailable:
// others of the kernel.
absl::StatusOr<pid_t> Spawn(const SpawnOptions& options);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_SPAWN_H_
