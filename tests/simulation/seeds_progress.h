#ifndef NOONMARK_TESTS_SIMULATION_SEEDS_PROGRESS_H_
#define NOONMARK_TESTS_SIMULATION_SEEDS_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/simulation/checker.h"

namespace noonmark::simulation {

// How far a long run of short lives has come: the seeds from `first` on, `done`
// of them.
struct SeedsProgress {
  uint64_t first = 1;
  uint64_t done = 0;
  uint64_t failed = 0;
  double core_seconds = 0;
  Tally tally;  // without words
};

// As lines of a name and a number, in place of what was there; the file is
// whole at any moment.
//
// Errors: kUnavailable: it cannot be written; the message has the path.
absl::Status WriteProgress(const SeedsProgress& progress,
                           const std::string& path);

// Errors, with the path:
//   kNotFound         there is none.
//   kInvalidArgument  it is none, or of a run with another first seed.
absl::StatusOr<SeedsProgress> ReadProgress(const std::string& path,
                                           uint64_t first);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_SEEDS_PROGRESS_H_
