#ifndef NOONMARK_COMMON_ESTIMATE_GLITCH_H_
#define NOONMARK_COMMON_ESTIMATE_GLITCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "common/time/wall_triple.h"

namespace noonmark {

// Readings of REALTIME that were far off while the clock itself never moved,
// with all that proves it.
struct Glitch {
  // The first that was off, in its pair.
  WallTriple off;
  // How many were off until three in a row were not; >= 1.
  uint64_t off_reads = 1;
  // Those three.
  std::array<WallTriple, 3> after;
  // Where the first was read, and the guest's BOOTTIME just before.
  uint32_t cpu = 0;
  absl::Duration boottime;
};

// What a guest's glitch hunter has found since the agent's start.
struct HuntReport {
  static constexpr size_t kMostRecent = 4;

  // Readings of REALTIME that were compared, over which no set was counted.
  uint64_t reads = 0;
  uint64_t glitches = 0;
  // The newest, at most kMostRecent; the last is the newest.
  std::vector<Glitch> recent;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_GLITCH_H_
