#include "guest/adjust/kernel_clock_adjuster.h"

#include <sys/timex.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "common/correct/limits.h"
#include "guest/adjust/adjustable_machine.h"
#include "guest/adjust/hardware_clock.h"
#include "guest/adjust/timex_request.h"

namespace noonmark {
namespace {

absl::Status Ask(timex& request) {
  // < 0 is an error; anything else is the state of the clock.
  if (clock_adjtime(CLOCK_REALTIME, &request) >= 0) return absl::OkStatus();
  const int error = errno;
  const std::string message =
      absl::StrCat("the kernel does not move the clock: ", strerror(error));
  if (error == EPERM) return absl::PermissionDeniedError(message);
  return absl::InternalError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KernelClockAdjuster>> KernelClockAdjuster::Open(
    Clock* clock) {
  if (absl::Status status = CheckAdjustableMachine(); !status.ok()) {
    return status;
  }
  return std::unique_ptr<KernelClockAdjuster>(new KernelClockAdjuster(clock));
}

absl::Status KernelClockAdjuster::Step(absl::Duration amount) {
  absl::StatusOr<timex> request =
      StepRequest(amount, clock_->Read(), CorrectionLimits().realtime_end);
  return request.ok() ? Ask(*request) : request.status();
}

absl::Status KernelClockAdjuster::Slew(absl::Duration amount) {
  absl::StatusOr<timex> request = SlewRequest(amount);
  return request.ok() ? Ask(*request) : request.status();
}

absl::StatusOr<absl::Duration> KernelClockAdjuster::SlewLeft() {
  timex request = SlewLeftRequest();
  if (absl::Status status = Ask(request); !status.ok()) return status;
  return SlewLeftOf(request);
}

absl::Status KernelClockAdjuster::SetHardwareClock() {
  return SetHardwareClockTo(clock_->Read().realtime);
}

}  // namespace noonmark
