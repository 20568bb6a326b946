#ifndef NOONMARK_HOST_REFERENCE_BOUNDED_OUTPUT_H_
#define NOONMARK_HOST_REFERENCE_BOUNDED_OUTPUT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace noonmark {

// What a program wrote to stdout, and how it ended.
struct ProgramOutput {
  std::string text;
  int exit_code = 0;
};

struct ProgramLimits {
  absl::Duration time = absl::Seconds(3);  // on `clock`'s MONOTONIC
  size_t bytes = 4096;
};

// Runs a program and waits for its end: arguments[0] is its absolute path, no
// shell and no PATH is asked, its environment is LC_ALL=C alone, of our
// descriptors it gets none. Beyond a limit, or when `stop` becomes readable, it
// is killed, with whatever it started.
//
// Errors:
//   kNotFound           there is no such program.
//   kUnavailable        it cannot be started, or was killed by somebody else.
//   kDeadlineExceeded, kResourceExhausted  beyond its time, its bytes.
//   kCancelled          `stop`.
absl::StatusOr<ProgramOutput> RunForOutput(
    const std::vector<std::string>& arguments, const ProgramLimits& limits,
    Clock& clock, int stop);

}  // namespace noonmark

#endif  // NOONMARK_HOST_REFERENCE_BOUNDED_OUTPUT_H_
