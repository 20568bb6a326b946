#ifndef NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_
#define NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_

#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"

namespace noonmark {

// Where c = guest RAW - host RAW is, as all exchanges so far allow it: each
// bound carried forward at the rate bound and intersected with the next. An
// empty intersection proves that c leapt, or that the rates differ by more.
class OffsetBand {
 public:
  // `at` is the host's RAW.
  OffsetBand(Interval bound, absl::Duration at) : bound_(bound), at_(at) {}

  // What it allows at host RAW `at`. A reading from before the band's own
  // moment ages it as much: which of two came first does not matter.
  Interval At(absl::Duration at, PartsPerBillion rho) const {
    return bound_.WidenedBy(Drift(absl::AbsDuration(at - at_), rho));
  }

  // True and tightened if `bound` agrees; false and unchanged if it cannot be.
  bool Narrow(const Interval& bound, absl::Duration at, PartsPerBillion rho) {
    const std::optional<Interval> both = Intersection(At(at, rho), bound);
    if (!both.has_value()) return false;
    bound_ = *both;
    at_ = at;
    return true;
  }

  // As known at `at()`.
  const Interval& bound() const { return bound_; }
  absl::Duration at() const { return at_; }

 private:
  Interval bound_;
  absl::Duration at_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_
