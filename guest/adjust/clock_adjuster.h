#ifndef NOONMARK_GUEST_ADJUST_CLOCK_ADJUSTER_H_
#define NOONMARK_GUEST_ADJUST_CLOCK_ADJUSTER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

// The seam to what moves CLOCK_REALTIME: the kernel, in noonmark-corrector
// alone, or a file that libfaketime reads, for tests. It moves what it is told
// to, once; whether that is right was decided before.
class ClockAdjuster {
 public:
  virtual ~ClockAdjuster() = default;

  // Moves REALTIME by `amount` at once, in whole microseconds; > 0: forward.
  // OK: it was moved. After any error it was not.
  //
  // Errors:
  //   kOutOfRange        REALTIME would fall below MONOTONIC or reach what no
  //                      kernel takes.
  //   kPermissionDenied  this process may not.
  //   kInternal          refused for another reason, which the message has.
  virtual absl::Status Step(absl::Duration amount) = 0;

  // Has REALTIME moved by `amount` at 500 ppm, which takes 2000 times as long
  // and ends by itself, also if this process dies. It replaces a slew that is
  // under way; zero ends it.
  //
  // Errors: as of Step(); kOutOfRange: |amount| is over a second.
  virtual absl::Status Slew(absl::Duration amount) = 0;

  // What of a slew is yet to come; > 0: forward.
  virtual absl::StatusOr<absl::Duration> SlewLeft() = 0;

  // Sets the hardware clock, which the next boot starts from, to REALTIME, to
  // half a second.
  //
  // Errors:
  //   kNotFound            there is none.
  //   kFailedPrecondition  it is kept in local time, which is not ours to know.
  //   kPermissionDenied, kInternal  the message has the system's reason.
  virtual absl::Status SetHardwareClock() = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_CLOCK_ADJUSTER_H_
