#ifndef NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_
#define NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_

#include <optional>
#include <vector>

#include "common/time/clock.h"
#include "guest/demo/fault_script.h"

namespace noonmark {

// Another clock, as a script of faults distorts it. It changes what is read,
// never a clock. The script starts when the object is made.
class ScriptedClock : public Clock {
 public:
  // `real` must outlive it.
  ScriptedClock(Clock* real, std::vector<Fault> script);

  ClockReading Read() override;
  // No glitch shows here, none is spent.
  MonotonicTime Now() override;

  // When, on the real CLOCK_MONOTONIC, the script has REALTIME set: ascending.
  std::vector<MonotonicTime> SetTimes() const;
  // From when on the agent answers no more; absent: it goes on.
  std::optional<MonotonicTime> SilentFrom() const;

 private:
  // By how much the clocks are off, and whether they can be read at all.
  struct Distortion {
    absl::Duration all;
    absl::Duration realtime;  // besides
    bool garbage = false;
  };
  Distortion DistortionAt(absl::Duration since_start, absl::Duration raw) const;

  Clock* const real_;
  const std::vector<Fault> script_;
  const ClockReading start_;
  std::vector<Fault> glitches_;  // not played yet
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_
