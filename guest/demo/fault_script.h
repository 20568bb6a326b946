#ifndef NOONMARK_GUEST_DEMO_FAULT_SCRIPT_H_
#define NOONMARK_GUEST_DEMO_FAULT_SCRIPT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

// One fault of a guest's clocks, or of its agent, as a script plays it.
struct Fault {
  enum class Kind {
    kCounterJump,  // all clocks leap by `size`, for good
    kGlitch,       // the same in one reading, the first from `at` on
    kSpike,        // REALTIME is off by `size` in one reading of the hunter's
    kPause,        // all clocks fall behind by `size` at once, for good
    kSet,          // REALTIME is set by `size`, and the kernel says so
    kUntoldSet,    // the same, and the kernel says nothing
    kRate,         // all clocks run fast by `rate_ppb`, from the start
    kOffset,       // REALTIME is off by `size`, from the start; nobody says so
    kSilent,       // the agent answers no more
    kGarbage,      // the agent's readings are impossible
  };
  Kind kind = Kind::kOffset;
  absl::Duration size;   // > 0: forward; of kPause always > 0
  int64_t rate_ppb = 0;  // parts per 10^9; > 0: fast
  absl::Duration at;     // since the agent's start
};

// Reads a fault:
//
//   counter-jump=SIZE@WHEN  glitch=SIZE@WHEN  spike=SIZE@WHEN  pause=SIZE@WHEN
//   set=SIZE@WHEN  untold-set=SIZE@WHEN  rate=NUMBERppm  rate=NUMBERppb
//   offset=SIZE  silent@WHEN  garbage@WHEN
//
// SIZE and WHEN as absl::ParseDuration() takes them: "+4398046511104ns", "-6s",
// "1h30m". NUMBER is whole.
//
// Errors:
//   kInvalidArgument  the message has the text, what is wrong with it and what
//                     is expected.
absl::StatusOr<Fault> ParseFault(const std::string& text);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_FAULT_SCRIPT_H_
