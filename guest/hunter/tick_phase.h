#ifndef NOONMARK_GUEST_HUNTER_TICK_PHASE_H_
#define NOONMARK_GUEST_HUNTER_TICK_PHASE_H_

#include "absl/time/time.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Finds out when in its period the kernel's tick comes, for that is when one
// CPU's counter is read behind what another has just written down.
//
// Kernels put their ticks where they like in CLOCK_MONOTONIC (on its multiples
// since Linux 6.4). COARSE is youngest just after a tick: so wake in all phases
// for a while, then keep to the one that saw it youngest.
class TickPhase {
 public:
  // `tick` > 0.
  explicit TickPhase(absl::Duration tick) : tick_(tick) {}

  // The first moment at or after `earliest` in the phase to wake in.
  MonotonicTime Next(MonotonicTime earliest) const;

  // REALTIME - COARSE as read first thing at `at`, on waking.
  void Note(MonotonicTime at, absl::Duration age);

 private:
  // A search, and how long its answer is kept: ticks and COARSE drift apart.
  static constexpr int kSearch = 128;
  static constexpr int kKeep = 10'000;

  absl::Duration tick_;
  int wakes_ = 0;
  absl::Duration youngest_ = absl::InfiniteDuration();
  absl::Duration phase_;  // where it was seen
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_HUNTER_TICK_PHASE_H_
