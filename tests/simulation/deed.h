#ifndef NOONMARK_TESTS_SIMULATION_DEED_H_
#define NOONMARK_TESTS_SIMULATION_DEED_H_

#include <cstddef>
#include <string_view>

#include "absl/time/time.h"
#include "common/time/monotonic_time.h"

namespace noonmark::simulation {

// What was done to a machine's clocks. The simulator writes each down, and the
// checker compares what is claimed with it.
enum class DeedKind {
  kSet,          // REALTIME, by `size`
  kLeapSecond,   // REALTIME, by `size`, as it was announced
  kLeap,         // all clocks
  kTimekeeping,  // MONOTONIC, BOOTTIME and REALTIME
  kStoodStill,   // all clocks, by -size of true time
  kSlept,        // RAW and MONOTONIC stood for `size`, the others went on
  kFrozen,       // only the processors stood, for `size`
  kGlitch,       // one group of readings was off by `size`
  kMigrated,     // to another machine, in `size`; what its clocks did follows
  kFight,        // two daemons begin to fight, `size` apart
  kRate,         // the counter's rate changed beyond wander
  kSlew,         // the kernel was told to slew, by `size` a second
  kReboot,
  kLies,  // its answers are made up, from here to the end of the lie
  kHonest,
};

inline constexpr size_t kDeedKinds = static_cast<size_t>(DeedKind::kHonest) + 1;
std::string_view DeedName(DeedKind kind);

struct Deed {
  DeedKind kind;
  absl::Duration size;
  absl::Duration at;      // true time
  MonotonicTime host_at;  // the host's MONOTONIC then
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_DEED_H_
