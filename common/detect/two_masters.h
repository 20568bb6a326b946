#ifndef NOONMARK_COMMON_DETECT_TWO_MASTERS_H_
#define NOONMARK_COMMON_DETECT_TWO_MASTERS_H_

#include <optional>

#include "absl/time/time.h"
#include "common/detect/local_line.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Whether somebody takes back what another does to a guest's clock.
//
// Whoever sets or slews it moves REALTIME against RAW; sleeping, which the
// kernel makes up for by itself, is taken off. One master moves it one way
// until it is right. A way there and back and there again, each way of kSwing
// or more and within kMemory of the last, is the work of two, or of one that
// swings.
class TwoMasters {
 public:
  // Smaller ways are a daemon's search for a noisy source.
  static constexpr absl::Duration kSwing = absl::Milliseconds(50);
  static constexpr absl::Duration kMemory = absl::Minutes(10);
  // Turns that show it: a clock set wrong and put right turns once, and so does
  // a correction that overshoots.
  static constexpr int kTurns = 3;

  // A sound reading of the guest's clocks, on the host's MONOTONIC; a few
  // seconds apart is enough. Those that took long are passed over.
  void Add(const LocalReading& reading);
  // The counter or the kernel's timekeeping itself leapt: what follows may put
  // that right. Turns so far count no longer.
  void Forget() { *this = TwoMasters(); }

  // Absent: one master at most.
  struct Swings {
    int turns = 0;
    absl::Duration widest;  // > 0
    MonotonicTime first;    // the first turn
    MonotonicTime last;
  };
  std::optional<Swings> swings(MonotonicTime now) const;

 private:
  // What was done to the clock, as far as it went this way: +1, -1; 0: neither
  // way yet, and what was done lies between `least_` and `most_`.
  int way_ = 0;
  bool begun_ = false;
  absl::Duration least_;
  absl::Duration most_;
  Swings swings_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_TWO_MASTERS_H_
