#ifndef NOONMARK_HOST_CORRECT_RUNNING_OPERATION_H_
#define NOONMARK_HOST_CORRECT_RUNNING_OPERATION_H_

#include <optional>
#include <string>
#include <utility>

#include "common/correct/host_correction.h"
#include "common/time/monotonic_time.h"
#include "host/monitor/correction_view.h"
#include "host/monitor/guest_corrector.h"
#include "host/policy/rails.h"

namespace noonmark {

// One operation that is not over, and what goes with it.
struct RunningOperation {
  RunningOperation(std::string uuid, HostCorrection correction)
      : guest(std::move(uuid)), machine(std::move(correction)) {}

  std::string guest;  // its UUID
  HostCorrection machine;
  Initiator initiator = Initiator::kItself;
  GuestRails rails;
  // What the guest's offset is meant to be: the machine is told offsets from
  // there.
  absl::Duration intended;
  // How far the host may be from UTC.
  absl::Duration host_allowed;
  MonotonicTime begun;
  std::optional<MonotonicTime> tick_at;
  // As told last in the log.
  HostPhase told = HostPhase::kPlanned;

  // The host is good enough a mark, or no clock is to be moved by it.
  bool MayLeanOn(const HostView& host) const {
    return !machine.Plan().corrects ||
           (!host.stepped && host.bound.has_value() &&
            *host.bound <= host_allowed);
  }
  OperationView View() const {
    return {machine.Plan(), machine.Progress(), initiator, begun, false, {}};
  }
};

// Absent: the burst proved no offset, or its guest told no boot.
std::optional<HostMeasurement> MeasurementOf(const BurstReport& burst,
                                             absl::Duration intended);

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_RUNNING_OPERATION_H_
