#ifndef NOONMARK_COMMON_ESTIMATE_RATE_H_
#define NOONMARK_COMMON_ESTIMATE_RATE_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/estimate/offset_band.h"
#include "common/estimate/packed_bound.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// The rate of one clock against another lies in [lo, hi] parts per million,
// ends included. Positive: the guest's is fast.
struct RateInterval {
  double lo_ppm = 0;
  double hi_ppm = 0;

  // The magnitude that is certain; 0 if 0 is inside.
  double LeastMagnitude() const {
    if (lo_ppm > 0) return lo_ppm;
    if (hi_ppm < 0) return -hi_ppm;
    return 0;
  }
  // No magnitude inside is larger.
  double MostMagnitude() const { return std::max(-lo_ppm, hi_ppm); }
};

// What two bounds of an offset prove of its mean rate between them. `elapsed`
// > 0. Guaranteed where the bounds are; width falls as 1/elapsed.
RateInterval RateBetween(const Interval& before, const Interval& after,
                         absl::Duration elapsed);

// A rate that was proven over a time, in the mean.
struct ProvenRate {
  RateInterval rate;
  MonotonicTime begin;
  MonotonicTime end;
  // Proven of stretches of that time one by one, none longer than this. Zero:
  // only of the whole.
  absl::Duration grain;

  absl::Duration Grain() const {
    return grain > absl::ZeroDuration() ? grain : end - begin;
  }
};

// The same in less room, or none.
class PackedRate {
 public:
  PackedRate() = default;
  explicit PackedRate(const ProvenRate& rate)
      : rate_(rate.rate),
        begin_ns_(absl::ToInt64Nanoseconds(rate.begin.Reading())),
        end_ns_(absl::ToInt64Nanoseconds(rate.end.Reading())) {}
  // Absent: none.
  std::optional<ProvenRate> Get() const;

 private:
  RateInterval rate_;
  int64_t begin_ns_ = 0;
  int64_t end_ns_ = 0;  // no later than it begins: none
};

// Two sound counters differ by less than this.
inline constexpr double kSoundApartPpm = 100;

// Keeps a rate over the last one to two baselines from bounds that come one by
// one. O(1).
class RateEstimate {
 public:
  explicit RateEstimate(absl::Duration baseline)
      : baseline_ns_(absl::ToInt64Nanoseconds(baseline)) {}

  // One whose moment falls begins anew.
  void Add(const PackedBound& next);
  void Forget();

  // Until the last bound. Absent until a whole baseline has been seen.
  std::optional<ProvenRate> rate() const { return rate_.Get(); }

  // From the oldest bound that is kept until `last`, however short that is.
  std::optional<ProvenRate> Until(const PackedBound& last) const;

  // What holds of both of two baselines, one after the other, said of the
  // second. A leap too small to be seen as one looks like a rate over the
  // baseline that it is in, and over no other. Absent until both have been
  // seen.
  std::optional<ProvenRate> steady() const { return steady_.Get(); }

 private:
  int64_t baseline_ns_;
  PackedBound older_;
  PackedBound newer_;
  PackedRate rate_;
  PackedRate steady_;
};

// The same over several times at once: from one bound to the next; over a
// baseline; over kLonger of them, which tells a small rate through wide bounds;
// and over kLongest, through the widest that a way of any use has.
class RateEstimates {
 public:
  static constexpr int kLonger = 5;
  static constexpr int kLongest = 20;

  explicit RateEstimates(absl::Duration baseline)
      : short_(baseline),
        long_(baseline * kLonger),
        longest_(baseline * kLongest) {}

  void Add(const BoundAt& next);
  void Forget();

  // The narrower of what is known over a baseline and over kLonger. What was
  // so in the mean of kLongest is no word of now.
  std::optional<RateInterval> rate() const;
  // The latest of what two baselines prove to be more than `ppm` in magnitude,
  // over the second of them.
  std::optional<ProvenRate> Above(double ppm) const;
  // A baseline that lies in the time since `since` and proves less than `ppm`
  // in magnitude. Absent: none does.
  std::optional<ProvenRate> Below(double ppm, MonotonicTime since) const;
  // Had it run off with `other`, it would have moved farther in the time that
  // the two have in common, whatever sound counters differ by. So what ran off
  // then was not what the two have in common.
  bool Contradicts(const ProvenRate& other) const;
  // Over a time that holds all from `begin` to `end` it did not move by any of
  // `leap`, whatever sound counters drift meanwhile.
  bool DidNotMove(const Interval& leap, MonotonicTime begin,
                  MonotonicTime end) const;
  // It ran to the same side meanwhile, by whatever it was: proven in the mean
  // of a time that has some in common with `other`'s.
  bool LeansWith(const ProvenRate& other) const;

 private:
  RateEstimate short_;
  RateEstimate long_;
  RateEstimate longest_;
  PackedBound last_;
  PackedRate recent_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_RATE_H_
