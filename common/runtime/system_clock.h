#ifndef NOONMARK_COMMON_RUNTIME_SYSTEM_CLOCK_H_
#define NOONMARK_COMMON_RUNTIME_SYSTEM_CLOCK_H_

#include "common/time/clock.h"
#include "common/time/wall_triple.h"

namespace noonmark {

// The kernel's clocks: the only place that reads them. Stateless, so any thread
// may use any instance.
//
// Not absl::Now(), which extrapolates from the TSC for up to 2.1 s and was seen
// to miss a step.
class SystemClock : public Clock {
 public:
  // The closest of up to 4 attempts; one whose two readings of RAW are at most
  // 1 us apart is close enough.
  ClockReading Read() override;
  MonotonicTime Now() override;
};

// The kernel's wall clock, as closely as it can be read. Stateless, as above.
class SystemWallTriples : public WallTripleSource {
 public:
  void Read(absl::Span<WallTriple> triples) override;
  absl::Duration Tick() const override;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_SYSTEM_CLOCK_H_
