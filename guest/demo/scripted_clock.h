#ifndef NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_
#define NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_

#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "guest/demo/fault_script.h"

namespace noonmark {

// Another clock, as a script of faults distorts it, and as a corrector moves it
// back. It changes what is read, never a clock. The script starts when the
// object is made.
//
// Any thread.
class ScriptedClock : public Clock {
 public:
  // `real` must outlive it.
  ScriptedClock(Clock* real, std::vector<Fault> script);

  ClockReading Read() override;
  // No glitch shows in these, none is spent.
  MonotonicTime Now() override;
  ClockReading ReadWithoutGlitch();

  // As ADJ_SETOFFSET does: REALTIME is `by` further from now on.
  void Step(absl::Duration by);
  // As ADJ_OFFSET_SINGLESHOT does: REALTIME, MONOTONIC and BOOTTIME run 500 ppm
  // off until they have gone `by` further. Ends what an earlier slew has left.
  void Slew(absl::Duration by);
  // How much of it is yet to come; of its sign.
  absl::Duration SlewLeft();

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
  ClockReading Distorted(const ClockReading& reading, Distortion by) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How far the slews have moved it; `since_start` as above.
  absl::Duration Slewed(absl::Duration since_start) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock* const real_;
  const std::vector<Fault> script_;
  const ClockReading start_;

  Mutex mutex_;
  std::vector<Fault> glitches_ ABSL_GUARDED_BY(mutex_);  // not played yet
  absl::Duration stepped_ ABSL_GUARDED_BY(mutex_);
  // The slews that are over, and the last.
  absl::Duration slewed_before_ ABSL_GUARDED_BY(mutex_);
  absl::Duration slew_ ABSL_GUARDED_BY(mutex_);
  absl::Duration slew_began_ ABSL_GUARDED_BY(mutex_);  // since the start
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_SCRIPTED_CLOCK_H_
