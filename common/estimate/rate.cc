#include "common/estimate/rate.h"

#include <algorithm>

namespace noonmark {

RateInterval RateBetween(const Interval& before, const Interval& after,
                         absl::Duration elapsed) {
  const Interval moved = after - before;
  return {absl::FDivDuration(moved.lo, elapsed) * 1e6,
          absl::FDivDuration(moved.hi, elapsed) * 1e6};
}

void RateEstimate::Add(const Interval& bound, absl::Duration at) {
  if (!older_.has_value()) {
    older_ = Anchor{bound, at};
    return;
  }
  const absl::Duration elapsed = at - older_->at;
  if (elapsed < absl::ZeroDuration()) {  // the host's counter is not sound
    Forget();
    older_ = Anchor{bound, at};
    return;
  }
  if (elapsed < baseline_) return;
  rate_ = RateBetween(older_->bound, bound, elapsed);
  if (!newer_.has_value()) {
    newer_ = Anchor{bound, at};
  } else if (at - newer_->at >= baseline_) {
    const RateInterval first =
        RateBetween(older_->bound, newer_->bound, newer_->at - older_->at);
    const RateInterval second =
        RateBetween(newer_->bound, bound, at - newer_->at);
    steady_ = RateInterval{std::min(first.lo_ppm, second.lo_ppm),
                           std::max(first.hi_ppm, second.hi_ppm)};
    older_ = newer_;
    newer_ = Anchor{bound, at};
  }
}

void RateEstimate::Forget() { *this = RateEstimate(baseline_); }

}  // namespace noonmark
