#ifndef NOONMARK_HOST_TRACE_REPLAY_H_
#define NOONMARK_HOST_TRACE_REPLAY_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/detect/fleet_assessor.h"
#include "host/trace/trace_file.h"

namespace noonmark {

// Something about the host or a guest that is otherwise than before, in a line.
struct ReplayChange {
  absl::Duration at;  // since the first input, on the traced host's MONOTONIC
  std::string who;    // a name, or a UUID
  std::string what;
};

struct ReplayResult {
  int64_t inputs = 0;
  // Of the first input and of the last, on the traced host's MONOTONIC.
  MonotonicTime begin;
  MonotonicTime end;
  // Not empty: the trace ended early, and how.
  std::string warning;
};

// Runs a trace through the core. `on_change` gets whatever a person would want
// to read as it happened; see Headline.
//
// Errors: kInvalidArgument: as TraceReader's. An end within a record is none.
absl::StatusOr<ReplayResult> Replay(
    TraceReader& trace, FleetAssessor& core,
    const std::function<void(const ReplayChange&)>& on_change);

}  // namespace noonmark

#endif  // NOONMARK_HOST_TRACE_REPLAY_H_
