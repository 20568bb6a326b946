#ifndef NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_
#define NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"
#include "common/estimate/local_differences.h"
#include "common/estimate/offset_band.h"
#include "common/estimate/rate.h"
#include "common/estimate/raw_offset.h"

namespace noonmark {

struct TrackerOptions {
  // Bounds the relative rate of two sound counters. A tighter one would call a
  // guest that is 180 ppm fast a row of jumps.
  PartsPerBillion rho = 500'000;
  // The fastest that a Linux kernel slews: tick 9000...11000 and 500 ppm.
  PartsPerBillion max_slew = 111'000'000;
  // A slew beyond what ordinary discipline needs.
  double slew_warning_ppm = 510;
  // Readings that decide a suspicion.
  int burst = 8;
  // Shortest time over which a rate is claimed.
  absl::Duration rate_baseline = absl::Seconds(60);
  Thresholds thresholds;
};

// Follows one guest's clocks through its exchanges and tells what moved.
//
// Over the network only guest RAW is compared with host RAW (c). Everything
// else is a difference of clocks read on one machine, free of the network:
// a of REALTIME - MONOTONIC, b of MONOTONIC - RAW, d of BOOTTIME - MONOTONIC.
// Which of them moved names the cause; see README.md beside this file.
//
// When a reading contradicts the others a suspicion begins: the owner then
// asks a burst, and its readings decide between a glitch, a step, a rate and
// counters that disagree. Time is the host's own in the exchanges; nothing
// here reads a clock.
class GuestTracker {
 public:
  explicit GuestTracker(const TrackerOptions& options);

  struct Result {
    // Not used: from an earlier connection, or unusable on the host's side.
    bool dropped = false;
    // The boot id changed: all was forgotten.
    bool rebooted = false;
    // A suspicion has begun or is not decided yet: ask again now.
    bool suspicious = false;
    // What became certain with this exchange.
    std::vector<Finding> findings;
  };

  // Of movements from now on.
  void SetThresholds(const Thresholds& thresholds) {
    options_.thresholds = thresholds;
  }

  // A new connection: what an earlier one still delivers is late.
  void OnNewStream(uint64_t stream) { stream_ = stream; }

  Result OnExchange(const Exchange& exchange);

  // The burst is over. Decides an open suspicion by what has come; returns the
  // best proof of guest REALTIME - host REALTIME of this burst, at the moment
  // of its reading, and begins the next burst.
  struct BurstResult {
    std::optional<Interval> offset;
    MonotonicTime measured;
    std::vector<Finding> findings;
  };
  BurstResult EndBurst();

  // The host's own counter stood still, or the guest's clocksource changed:
  // nothing of earlier comparisons holds.
  void ForgetComparisons();

  // The host was set: offsets from the old mark are none from the new one.
  void ForgetOffsets();

  bool suspicious() const { return suspicion_.has_value(); }
  // Of guest RAW against host RAW. Absent: not bounded yet.
  std::optional<RateInterval> rate() const { return rate_.rate(); }
  // Seen over two baselines, one after the other; see RateEstimate.
  std::optional<RateInterval> steady_rate() const { return rate_.steady(); }
  // Of guest MONOTONIC against its RAW, while beyond slew_warning_ppm.
  const std::optional<RateInterval>& slew() const { return slew_; }
  // The guest's REALTIME as read last.
  absl::Duration realtime() const { return realtime_; }

 private:
  // The guest's own differences at one sound reading.
  struct Local {
    LocalDifferences differences;
    uint64_t discontinuities = 0;
    absl::Duration guest_raw;
    MonotonicTime at;
  };
  struct Best {
    std::optional<Interval> offset;
    std::optional<Interval> raw;
    absl::Duration raw_at;
    MonotonicTime measured;
  };
  struct Suspicion {
    // The last sound reading; absent if there was none.
    std::optional<Local> before;
    MonotonicTime triggered;
    // What one reading contradicted its neighbours by.
    std::optional<Interval> glitch;
    // Where c may have leapt to.
    std::optional<OffsetBand> candidate;
    Interval first_candidate;
    absl::Duration first_candidate_at;
    // The rates of one straight line through all bounds off the old line;
    // absent when there is none.
    std::optional<RateInterval> slope;
    Interval last_bound;
    absl::Duration last_bound_at;
    int on_old = 0;
    int on_new = 0;
    int on_neither = 0;
    int answers = 0;
    Best best_old;
    Best best_new;
  };
  enum class Line { kOld, kNew, kNeither, kEither };

  Suspicion& Suspect(MonotonicTime at);
  Line PlaceRaw(const Interval& bound, absl::Duration at, MonotonicTime now);
  static void NoteSlope(Suspicion& s, const Interval& bound, absl::Duration at);
  void NoteBrokenExchange(const RawOffset& raw, absl::Duration at,
                          MonotonicTime now, Result& result);
  bool MonotonicPossible(const Local& from, const Local& to,
                         absl::Duration host_elapsed) const;
  void NoteSet(const Local& from, const Local& to,
               std::vector<Finding>& findings) const;
  void FollowSlew(const Local& local);
  void Decide(std::vector<Finding>& findings);
  void DecideCounter(Suspicion& s, std::vector<Finding>& findings);
  Finding Movement(FindingCode code, const Suspicion& s,
                   const Interval& size) const;

  TrackerOptions options_;
  uint64_t stream_ = 0;
  bool known_ = false;
  std::string boot_id_;
  std::string clocksource_;
  absl::Duration realtime_;
  std::optional<Local> last_;
  std::optional<Local> slew_anchor_;
  std::optional<RateInterval> slew_;
  std::optional<OffsetBand> band_;
  std::optional<Suspicion> suspicion_;
  RateEstimate rate_;
  Best best_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_
