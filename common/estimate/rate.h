#ifndef NOONMARK_COMMON_ESTIMATE_RATE_H_
#define NOONMARK_COMMON_ESTIMATE_RATE_H_

#include <algorithm>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"

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

  // `at`: host RAW. One that falls begins anew.
  void Add(const Interval& bound, absl::Duration at);
  void Forget();

  // Absent until a whole baseline has been seen.
  const std::optional<RateInterval>& rate() const { return rate_; }

  // What holds of both of two baselines, one after the other. A leap too small
  // to be seen as one looks like a rate over the baseline that it is in, and
  // over no other. Absent until both have been seen.
  const std::optional<RateInterval>& steady() const { return steady_; }

 private:
  struct Anchor {
    Interval bound;
    absl::Duration at;
  };
  absl::Duration baseline_;
  std::optional<Anchor> older_;
  std::optional<Anchor> newer_;
  std::optional<RateInterval> rate_;
  std::optional<RateInterval> steady_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_RATE_H_
