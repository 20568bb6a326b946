#ifndef NOONMARK_COMMON_ESTIMATE_EXCHANGE_H_
#define NOONMARK_COMMON_ESTIMATE_EXCHANGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/estimate/glitch.h"
#include "common/estimate/jump_report.h"
#include "common/time/clock.h"

namespace noonmark {

// What a guest answered, decoded and within its limits, but not believed.
struct GuestReading {
  uint64_t sequence = 0;
  ClockReading received;  // T2
  ClockReading sent;      // T3
  // Another value means that the guest was rebooted.
  std::string boot_id;
  // Empty: the guest could not read it.
  std::string clocksource;
  // How often since its start the agent was told that CLOCK_REALTIME was set.
  uint64_t discontinuities = 0;
  std::optional<KernelDiscipline> discipline;
  // Since boot, over all vCPUs; absent: the guest could not read it.
  std::optional<absl::Duration> steal;
  // What the agent's glitch hunter found; absent: it has none running.
  std::optional<HuntReport> hunt;
  // What its logs said of time jumps; absent: the agent reads none.
  std::optional<JumpReport> logs;
};

// One question and its answer: four readings of all clocks.
struct Exchange {
  // Which connection to the agent this was; readings of an earlier one are
  // late.
  uint64_t stream = 0;
  ClockReading host_sent;      // T1
  GuestReading guest;          // T2, T3
  ClockReading host_received;  // T4
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_EXCHANGE_H_
