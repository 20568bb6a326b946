#ifndef NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_
#define NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/counter_line.h"
#include "common/detect/finding.h"
#include "common/detect/local_line.h"
#include "common/estimate/drift.h"
#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"
#include "common/estimate/offset_band.h"
#include "common/estimate/rate.h"
#include "common/estimate/raw_offset.h"

namespace noonmark {

struct TrackerOptions {
  // Bounds the relative rate of two sound counters. A tighter one would call a
  // guest that is 180 ppm fast a row of jumps.
  PartsPerBillion rho = 500'000;
  PartsPerBillion max_slew = kFastestSlew;
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
    // Not used: late, or a reading in it encloses nothing.
    bool dropped = false;
    // The boot id changed: all was forgotten.
    bool rebooted = false;
    // It counts by another clocksource now: what was known of rates is void.
    bool other_counter = false;
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

  // The host's own counter stood still: nothing of earlier comparisons holds.
  void ForgetComparisons();

  // The guest counts by another counter now, which goes on where the last one
  // stood: the comparison holds, its rate does not.
  void ForgetRates();

  // The host was set: offsets from the old mark are none from the new one.
  void ForgetOffsets();

  const TrackerOptions& options() const { return options_; }
  bool suspicious() const { return suspicion_ != nullptr; }
  // When a leap was seen that a rate would explain as well: the next burst
  // tells. Absent: there is none.
  std::optional<MonotonicTime> doubted_since() const {
    if (doubt_ == nullptr || doubt_->rate.has_value()) return std::nullopt;
    return doubt_->triggered;
  }
  // Its counter may have leapt; the burst decides.
  bool suspects_counter() const {
    return suspicious() && suspicion_->counter.has_value();
  }
  // Since when its counter has been compared with the host's, over leaps and
  // all. Absent: not yet.
  std::optional<MonotonicTime> compared_since() const {
    return band_.has_value() ? std::make_optional(compared_since_)
                             : std::nullopt;
  }
  // Its counter was compared with the host's all from `begin` to `end`, and did
  // not move by any of `leap` meanwhile, whatever sound counters drift.
  bool DidNotMove(const Interval& leap, MonotonicTime begin,
                  MonotonicTime end) const;
  // All that moved was told.
  bool settled() const { return !suspicious() && doubt_ == nullptr; }
  // Of guest RAW against host RAW. Absent: not bounded yet.
  const RateEstimates& rates() const { return rate_; }
  // Of guest REALTIME against the host's, since it was moved at once. Absent:
  // not told yet.
  std::optional<DriftEstimate> drift() const {
    return drift_.Estimate(options_.rate_baseline);
  }
  // Of guest MONOTONIC against its RAW, while beyond slew_warning_ppm.
  const std::optional<RateInterval>& slew() const { return slew_; }
  // Its clocks as they were found last, misreads apart. Absent: not yet.
  const std::optional<LocalReading>& local() const { return last_; }
  // The guest's REALTIME as read last.
  absl::Duration realtime() const { return realtime_; }
  size_t HeapBytes() const {
    return boot_id_.capacity() + clocksource_.capacity() +
           (suspicious() ? sizeof(Suspicion) : 0) +
           (landed_ != nullptr ? sizeof(BoundAt) : 0) +
           (doubt_ != nullptr ? sizeof(DoubtedLeap) : 0);
  }

 private:
  // The narrowest proofs of a burst.
  struct Best {
    std::optional<Interval> offset;
    MonotonicTime measured;
    // From the question to the answer. Absent (-1): too long, or the offset is
    // not that of one moment but what several readings leave open.
    int32_t taken_us = -1;
    std::optional<BoundAt> raw;

    void Offer(const std::optional<Interval>& offset, const BoundAt& raw,
               const Exchange& exchange);
  };
  // From a contradiction until the burst after it has decided.
  struct Suspicion {
    MonotonicTime quiet;      // the last reading that was surely before it
    MonotonicTime triggered;  // the contradiction
    // What one reading contradicted its neighbours by.
    std::optional<Interval> misread;
    // Once a reading left the old line of c.
    std::optional<CounterLine> counter;
    LocalLine local;
    int answers = 0;
    // Exchanges within which the guest's counter broke.
    int broken = 0;
    Best stayed;
    Best moved;
    // All offsets that any reading stood for.
    std::optional<Interval> spread;
    MonotonicTime spread_at;

    void Spread(const std::optional<Interval>& offset, MonotonicTime at);
  };
  // A leap that a rate would explain as well; the next burst tells.
  struct DoubtedLeap {
    Interval size;
    // Where it stood before.
    BoundAt began;
    // Where it stood then.
    BoundAt stands;
    // A rate that explains it is no smaller in magnitude, however long before
    // it began.
    double slowest_ppm = 0;
    MonotonicTime quiet;
    MonotonicTime triggered;
    int on_new = 0;
    // It was a rate indeed: the next to this side is one, too.
    std::optional<RateInterval> rate;
  };
  struct SlewAnchor {
    Interval mono_raw;
    absl::Duration raw;
  };

  bool IsLate(const Exchange& exchange) const;
  void Learn(const Exchange& exchange, MonotonicTime now, Result& result);
  Suspicion& Suspect(MonotonicTime at);
  void NoteBroken(const Exchange& exchange, const RawOffset& raw,
                  MonotonicTime now);
  void Follow(const Exchange& exchange, const Interval& raw, MonotonicTime now,
              Result& result);
  CounterLine::Place PlaceRaw(const BoundAt& raw);
  void FollowSlew(const LocalReading& local);
  void FollowDrift();
  void ForgetDriftAcross(const std::vector<Finding>& findings);

  // In guest_tracker_decide.cc: what the burst after a suspicion has shown.
  void Decide(std::vector<Finding>& findings);
  void DecideCounter(const Suspicion& s,
                     const std::optional<LocalMovement>& moved,
                     std::vector<Finding>& findings);
  void DecideLocal(const Suspicion& s,
                   const std::optional<LocalMovement>& moved,
                   std::vector<Finding>& findings);
  // True: nothing more is to be said of the guest's own clocks.
  bool DecideLeap(const Suspicion& s, const std::optional<LocalMovement>& moved,
                  std::vector<Finding>& findings);
  Interval AsSoundCounters(const Interval& size, const Suspicion& s) const;
  void DecideSteep(const Suspicion& s, std::vector<Finding>& findings);
  // True: a rate may have made it, and the next burst tells.
  bool Doubted(const Suspicion& s, std::vector<Finding>& findings);
  bool MayHaveRunOn(const BoundAt& last) const;
  RateInterval WithKnownRate(const RateInterval& slope) const;
  void StandOn(const OffsetBand& line, const Suspicion& s);
  void Doubt(const Suspicion& s, const Interval& size, const BoundAt& stands,
             const std::optional<RateInterval>& rate);
  double SlowestRate(const Suspicion& s) const;
  void SettleDoubt(std::vector<Finding>& findings);
  void TellDoubted(std::vector<Finding>& findings);
  void NoteLocal(const Suspicion& s, const LocalReading& before,
                 const LocalMovement& moved, std::vector<Finding>& findings);
  void NoteWord(const LocalReading& local, bool shown);
  void TellUnseenSets(std::vector<Finding>& findings);
  void NoteMisread(const Suspicion& s, const Interval& size,
                   std::vector<Finding>& findings) const;
  void NoteMixed(const Suspicion& s, const Interval& size,
                 std::vector<Finding>& findings);
  void NoteRate(const Suspicion& s, const RateInterval& rate,
                std::vector<Finding>& findings) const;
  Finding Movement(FindingCode code, const Suspicion& s,
                   const Interval& size) const;
  Finding Leap(const Suspicion& s, const Interval& size) const;
  Finding Set(const LocalReading& from, const LocalReading& to,
              const Interval& size, MonotonicTime window_end) const;

  TrackerOptions options_;
  uint64_t stream_ = 0;
  bool known_ = false;
  // Something was suspected since the last burst ended.
  bool suspected_ = false;
  std::string boot_id_;
  std::string clocksource_;
  // How often the kernel told the agent of a set that no reading shows, since
  // the last burst ended; and how many sets it has not told of so far.
  uint64_t unseen_sets_ = 0;
  uint64_t untold_sets_ = 0;
  // Of the last exchange, on the host's RAW.
  absl::Duration asked_;
  absl::Duration answered_;
  absl::Duration realtime_;
  std::optional<LocalReading> last_;
  std::optional<SlewAnchor> slew_anchor_;
  std::optional<RateInterval> slew_;
  std::optional<OffsetBand> band_;
  MonotonicTime compared_since_;  // only with a band
  // The narrowest proof of c of the last burst.
  std::optional<BoundAt> anchor_;
  // After its last leap, as it was found there first. Null: none, or other
  // things happened since.
  std::unique_ptr<const BoundAt> landed_;
  // Exchanges that stand on the band; it counts to two.
  int band_readings_ = 0;
  // Rare and large: not kept while nothing is suspected.
  std::unique_ptr<Suspicion> suspicion_;
  std::unique_ptr<DoubtedLeap> doubt_;
  RateEstimates rate_;
  DriftWindow drift_;
  Best best_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_TRACKER_H_
