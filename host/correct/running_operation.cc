#include "host/correct/running_operation.h"

namespace noonmark {

std::optional<HostMeasurement> MeasurementOf(const BurstReport& burst,
                                             absl::Duration intended) {
  const std::optional<BootId> boot = ParseBootId(burst.last.boot_id);
  if (!burst.offset.has_value() || !boot.has_value()) return std::nullopt;
  HostMeasurement measured;
  measured.offset = *burst.offset - Interval::Exactly(intended);
  measured.asked = burst.begun;
  measured.guest_boottime = burst.last.sent.boottime;
  measured.guest_real_minus_boot =
      burst.last.sent.realtime - burst.last.sent.boottime;
  measured.guest_boot = *boot;
  return measured;
}

}  // namespace noonmark
