#ifndef NOONMARK_GUEST_ADJUST_KERNEL_CLOCK_ADJUSTER_H_
#define NOONMARK_GUEST_ADJUST_KERNEL_CLOCK_ADJUSTER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guest/adjust/clock_adjuster.h"

namespace noonmark {

// The kernel's clock. Linked into noonmark-corrector and nothing else, which
// tests/link proves by its one call: no other program has clock_adjtime.
class KernelClockAdjuster : public ClockAdjuster {
 public:
  // Errors: as of CheckAdjustableMachine().
  static absl::StatusOr<std::unique_ptr<KernelClockAdjuster>> Open(
      Clock* clock);

  absl::Status Step(absl::Duration amount) override;
  absl::Status Slew(absl::Duration amount) override;
  absl::StatusOr<absl::Duration> SlewLeft() override;
  absl::Status SetHardwareClock() override;

 private:
  explicit KernelClockAdjuster(Clock* clock) : clock_(clock) {}

  Clock* const clock_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_KERNEL_CLOCK_ADJUSTER_H_
