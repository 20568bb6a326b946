#ifndef NOONMARK_COMMON_ESTIMATE_RATE_H_
#define NOONMARK_COMMON_ESTIMATE_RATE_H_

#include <algorithm>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/estimate/offset_band.h"
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

// Keeps a rate over the last one to two baselines from bounds that come one by
// one. O(1).
class RateEstimate {
 public:
  explicit RateEstimate(absl::Duration baseline) : baseline_(baseline) {}

  // One whose moment falls begins anew.
  void Add(const BoundAt& next);
  void Forget();

  // Absent until a whole baseline has been seen.
  const std::optional<RateInterval>& rate() const { return rate_; }
  // From when on rate() holds, in the mean.
  MonotonicTime since() const { return since_; }

  // What holds of both of two baselines, one after the other. A leap too small
  // to be seen as one looks like a rate over the baseline that it is in, and
  // over no other. Absent until both have been seen.
  const std::optional<RateInterval>& steady() const { return steady_; }
  // The second of the two.
  MonotonicTime steady_since() const { return steady_since_; }
  MonotonicTime steady_until() const { return steady_until_; }

 private:
  absl::Duration baseline_;
  std::optional<BoundAt> older_;
  std::optional<BoundAt> newer_;
  std::optional<RateInterval> rate_;
  MonotonicTime since_;
  std::optional<RateInterval> steady_;
  MonotonicTime steady_since_;
  MonotonicTime steady_until_;
};

// A rate that was proven over a time, in the mean.
struct ProvenRate {
  RateInterval rate;
  MonotonicTime begin;
  MonotonicTime end;
};

// The same over three times at once: from one bound to the next, over a
// baseline, and over kLonger of them, which tells a small rate through wide
// bounds.
class RateEstimates {
 public:
  static constexpr int kLonger = 5;

  explicit RateEstimates(absl::Duration baseline)
      : short_(baseline), long_(baseline * kLonger) {}

  void Add(const BoundAt& next);
  void Forget();

  // The narrower of what is known over the baselines.
  std::optional<RateInterval> rate() const;
  // Of what two baselines prove, that which leaves more; over the second of
  // them.
  std::optional<ProvenRate> steady() const;
  // Proven to be less than `ppm` in magnitude, over a baseline.
  bool IsBelow(double ppm) const;
  // Over a time that holds all of `other`'s it came to less than two thirds of
  // what that came to at least: whatever ran off then, it was not what the two
  // have in common.
  bool Contradicts(const ProvenRate& other) const;

 private:
  RateEstimate short_;
  RateEstimate long_;
  std::optional<BoundAt> last_;
  std::optional<RateInterval> recent_;
  MonotonicTime recent_since_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_RATE_H_
