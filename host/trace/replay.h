#ifndef NOONMARK_HOST_TRACE_REPLAY_H_
#define NOONMARK_HOST_TRACE_REPLAY_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/detect/fleet_assessor.h"
#include "host/trace/trace_file.h"

namespace noonmark {

// All that is thought of a guest, to the nanosecond and without an age: equal
// thoughts are equal text. Several lines.
std::string ThoughtsOf(std::string_view uuid, const GuestAssessor& guest);

struct ReplayResult {
  int64_t inputs = 0;
  // Not empty: the trace ended early, and how.
  std::string warning;
};

// Runs a trace through the core. `on_change` gets a guest's thoughts whenever
// its verdict or the codes of its findings have changed, with the moment on the
// traced host's MONOTONIC.
//
// Errors: kInvalidArgument: as TraceReader's. An end within a record is none.
absl::StatusOr<ReplayResult> Replay(
    TraceReader& trace, FleetAssessor& core,
    const std::function<void(MonotonicTime, const std::string& uuid)>&
        on_change);

}  // namespace noonmark

#endif  // NOONMARK_HOST_TRACE_REPLAY_H_
