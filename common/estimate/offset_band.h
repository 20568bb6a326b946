#ifndef NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_
#define NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_

#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// One proven bound of c = guest RAW - host RAW.
struct BoundAt {
  Interval bound;
  absl::Duration at;   // host RAW
  MonotonicTime seen;  // the same moment, for people

  // What it allows at host RAW `when` while the counters' rates differ by no
  // more than `rho`. An earlier moment ages it as much: which of two readings
  // came first does not matter.
  Interval At(absl::Duration when, PartsPerBillion rho) const {
    return bound.WidenedBy(Drift(absl::AbsDuration(when - at), rho));
  }
};

// Where c is, as all exchanges so far allow it: each bound carried forward at
// the rate bound and intersected with the next. An empty intersection proves
// that c leapt, or that the rates differ by more.
class OffsetBand {
 public:
  explicit OffsetBand(const BoundAt& first)
      : latest_(first), lowest_(first), highest_(first) {}

  Interval At(absl::Duration when, PartsPerBillion rho) const {
    return latest_.At(when, rho);
  }

  // True and tightened if `bound` agrees; false and unchanged if it cannot be.
  bool Narrow(const BoundAt& next, PartsPerBillion rho) {
    const Interval aged = At(next.at, rho);
    const std::optional<Interval> both = Intersection(aged, next.bound);
    if (!both.has_value()) return false;
    if (next.bound.lo >= aged.lo) lowest_ = next;
    if (next.bound.hi <= aged.hi) highest_ = next;
    latest_ = {*both, next.at, next.seen};
    return true;
  }

  // The one bound that a contradiction by `other` rests on: of two sides, that
  // to which `other` lies. What was seen since agreed with both, and may have
  // been before the leap or after it; this one was before it. `other` is
  // disjoint from the band as it is at that moment.
  const BoundAt& Contradicted(const Interval& other) const {
    return other.lo > latest_.bound.hi ? highest_ : lowest_;
  }

  // As known when it was narrowed last.
  const BoundAt& latest() const { return latest_; }

 private:
  BoundAt latest_;
  // Whose edges the band's are.
  BoundAt lowest_;
  BoundAt highest_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_OFFSET_BAND_H_
