#ifndef NOONMARK_COMMON_TIME_WALL_TRIPLE_H_
#define NOONMARK_COMMON_TIME_WALL_TRIPLE_H_

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace noonmark {

// CLOCK_REALTIME between two readings of CLOCK_REALTIME_COARSE, in this order;
// each is the time since 1970-01-01 UTC. Two in a row may share one of COARSE.
//
// COARSE is what the kernel wrote down at its last tick: reading it reads no
// counter, so a counter that misleads REALTIME cannot mislead COARSE alike. It
// is never ahead of REALTIME and lags by as long as the tick is late. Whoever
// sets the clock sets both.
struct WallTriple {
  absl::Duration coarse_before;
  absl::Duration realtime;
  absl::Duration coarse_after;
};

// The seam to a machine's wall clock, for whoever reads it very often.
class WallTripleSource {
 public:
  virtual ~WallTripleSource() = default;

  // Reads one after another, with nothing in between.
  virtual void Read(absl::Span<WallTriple> triples) = 0;

  // How often COARSE moves on at most; > 0.
  virtual absl::Duration Tick() const = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TIME_WALL_TRIPLE_H_
