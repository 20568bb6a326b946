#ifndef NOONMARK_COMMON_DETECT_GUEST_LIFE_H_
#define NOONMARK_COMMON_DETECT_GUEST_LIFE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/detect/migration.h"
#include "common/detect/pause_log.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What libvirt tells of a guest's life as it happens, and how it lists it.
enum class LifeEvent : uint8_t {
  kPaused,
  kResumed,
  kSaved,     // its state is in a file, and nothing runs
  kRestored,  // from there
  kLeaving,   // paused, to go on elsewhere
  kArrived,   // goes on here, and was elsewhere
  kListedPaused,
  kListedRunning,
};

// What libvirt's events prove of one guest's clocks: a clock that fell behind
// by as long as the guest was paused is expected to, and a silence of which no
// clock is the worse is no fault.
class GuestLife {
 public:
  // How long a pause that did no harm is told of.
  static constexpr absl::Duration kToldFor = absl::Minutes(10);

  // Heard at `at`, when the guest stood so. The finding that it was moved
  // here: it counts by another counter.
  std::optional<Finding> OnEvent(LifeEvent event, const Standing& stands,
                                 MonotonicTime at);
  // See Migration.
  std::optional<Finding> OnTsc(const TscIdentity& tsc, const Standing& stands,
                               MonotonicTime at) {
    return migration_.OnTsc(tsc, stands, at);
  }
  void OnHostStepped() { migration_.OnHostStepped(); }
  bool awaits() const { return migration_.awaits(); }
  bool Complete(Finding& migrated, const Standing& stands) {
    return migration_.Complete(migrated, stands);
  }
  // See PauseLog.
  void OnAnswer(MonotonicTime asked, MonotonicTime answered) {
    pauses_.OnAnswer(asked, answered);
  }
  void OnReboot();

  // Adds to a movement backwards what was told of pauses meanwhile. One that
  // fits is where the size comes from, whatever other size it is like: a leap
  // back is a pause then.
  void Explain(Finding& finding);

  // The offset was `before` at `from` and is `after` at `to`, and nothing that
  // moved meanwhile waits to be told.
  void OnSoundBurst(const Interval& before, MonotonicTime from,
                    const Interval& after, MonotonicTime to);

  // Why there is no judging now: "paused", "saved", "being moved". Empty: it
  // runs, as far as was told.
  std::string WhyAway() const;
  // It is in a file, and nobody can answer for it.
  bool saved() const {
    return pauses_.open() && pauses_.kind() == PauseKind::kSaved;
  }
  // What the last silence was, of which no clock is the worse. Empty: there was
  // none, or it is over for long.
  std::string WhySilent(MonotonicTime now) const;
  // See GuestAssessor.
  std::optional<MonotonicTime> resumed() const { return pauses_.resumed(); }
  size_t HeapBytes() const { return pauses_.HeapBytes(); }

 private:
  PauseLog pauses_;
  Migration migration_;
  std::optional<ToldPauses> harmless_;
  MonotonicTime harmless_until_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_LIFE_H_
