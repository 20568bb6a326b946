#ifndef NOONMARK_COMMON_DETECT_MIGRATION_H_
#define NOONMARK_COMMON_DETECT_MIGRATION_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/detect/pause_log.h"
#include "common/estimate/interval.h"
#include "common/estimate/rate.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// How a guest's clock stands to the host's, as measured last.
struct Standing {
  // Guest REALTIME minus host REALTIME at `measured`. Absent: not known.
  std::optional<Interval> offset;
  MonotonicTime measured;
  // Of the counters. Absent: not known yet.
  std::optional<RateInterval> rate;
};

// Follows a guest over moves between hosts, of which libvirt or the guest's
// Xen tells, and compares how it stood before with how it stands after:
// `migrated`. What was not measured is left out, not guessed. Pure; O(1).
class Migration {
 public:
  // Two words of an arrival as near as this, and without a measurement in
  // between, tell of one move: it is started, and then resumed.
  static constexpr absl::Duration kOneMove = absl::Minutes(1);

  // It is paused to go elsewhere; it goes on here all the same.
  void OnLeaving(const Standing& before, MonotonicTime at);
  void OnStayed() { left_.reset(); }

  // It goes on here: the finding, by as much as is known. Nothing: it was told
  // already. `pauses`: when it stood for that.
  std::optional<Finding> OnArrived(const Standing& before,
                                   const PauseLog& pauses, MonotonicTime at);

  // The incarnation of the guest's TSC, which Xen raises as often as it sets
  // the guest up from a saved state, here or elsewhere; its rate, as the guest
  // is told, and when the guest was asked. The finding, where nobody told why
  // it changed.
  std::optional<Finding> OnTsc(const TscIdentity& tsc, const Standing& stands,
                               MonotonicTime at);
  // It went on from a saved state then.
  void OnRestored(MonotonicTime at) { restored_ = at; }

  // Something of the last finding is not known yet.
  bool awaits() const { return awaits_offset_ || awaits_rate_ || tsc_news_; }
  // Adds to it what became known. False: nothing did.
  bool Complete(Finding& migrated, const Standing& stands);

  // The host was set: an offset of before is none from the new mark.
  void OnHostStepped();

  // Another boot.
  void Forget() { *this = Migration(); }

 private:
  struct Left {
    Standing before;
    MonotonicTime at;
  };
  Finding Tell(const Standing& before, MonotonicTime begin, MonotonicTime at);

  std::optional<Left> left_;
  std::optional<MonotonicTime> arrived_;
  std::optional<MonotonicTime> restored_;
  bool awaits_offset_ = false;
  bool before_void_ = false;
  bool awaits_rate_ = false;
  // Of the last time it was asked, and of the time before the last change.
  std::optional<TscIdentity> tsc_;
  MonotonicTime tsc_at_;
  std::optional<TscIdentity> tsc_before_;
  bool tsc_news_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_MIGRATION_H_
