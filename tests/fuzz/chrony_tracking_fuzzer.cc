// What chronyc says may be of any bytes: read or refused, and a bound is never
// less than what was read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/detect/host_bound.h"
#include "common/estimate/chrony_tracking.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  using ::noonmark::fuzz::HasControlCharacter;
  using ::noonmark::fuzz::Require;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto tracking = ParseChronyTracking(text);
  if (!tracking.ok()) {
    const std::string message(tracking.status().message());
    Require(!HasControlCharacter(message), "a fault can be printed");
    Require(message.size() < 200, "a fault is short");
    return 0;
  }
  const absl::Duration zero;
  Require(tracking->root_delay >= zero, "no negative delay");
  Require(tracking->root_dispersion >= zero, "no negative dispersion");
  Require(tracking->stratum >= 0 && tracking->stratum <= 16, "a stratum");
  Require(!HasControlCharacter(tracking->source), "a source can be printed");
  for (const absl::Duration realtime :
       {zero, tracking->reference_time, absl::Seconds(4'000'000'000)}) {
    ChronyReport report;
    report.tracking = *tracking;
    report.realtime = realtime;
    const MonotonicTime now = report.asked + absl::Seconds(10);
    const HostBoundOrReason result = BoundOf(report, now);
    Require(result.bound.has_value() != !result.reason.empty(),
            "a bound or a reason");
    if (!result.bound.has_value()) continue;
    Require(result.bound->At(now) >=
                tracking->root_dispersion + tracking->root_delay / 2 +
                    absl::AbsDuration(tracking->system_offset),
            "a bound holds what was read");
    Require(!HasControlCharacter(result.bound->reason),
            "a reason can be printed");
  }
  return 0;
}
