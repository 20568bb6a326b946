#ifndef NOONMARK_COMMON_ESTIMATE_PACKED_BOUND_H_
#define NOONMARK_COMMON_ESTIMATE_PACKED_BOUND_H_

#include <cstdint>
#include <limits>

#include "absl/time/time.h"
#include "common/estimate/offset_band.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// A bound in half the room, or none: what is kept of each guest for hours is
// kept so. Whole nanoseconds, rounded outwards; counters that are a century
// apart are not kept.
class PackedBound {
 public:
  PackedBound() = default;
  explicit PackedBound(const BoundAt& bound)
      : lo_(absl::ToInt64Nanoseconds(absl::Floor(bound.bound.lo, kUnit))),
        hi_(absl::ToInt64Nanoseconds(absl::Ceil(bound.bound.hi, kUnit))),
        at_(absl::ToInt64Nanoseconds(bound.at)),
        seen_(absl::ToInt64Nanoseconds(bound.seen.Reading())) {
    const bool kept = lo_ > -kFarthest && hi_ < kFarthest && at_ > -kFarthest &&
                      at_ < kFarthest;
    if (!kept) *this = PackedBound();
  }

  bool has_value() const { return at_ != kNone; }
  // Only with a value.
  Interval bound() const {
    return {absl::Nanoseconds(lo_), absl::Nanoseconds(hi_)};
  }
  absl::Duration at() const { return absl::Nanoseconds(at_); }
  MonotonicTime seen() const {
    return MonotonicTime::FromReading(absl::Nanoseconds(seen_));
  }

 private:
  static constexpr absl::Duration kUnit = absl::Nanoseconds(1);
  static constexpr int64_t kFarthest = int64_t{1} << 62;
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::min();

  int64_t lo_ = 0;
  int64_t hi_ = 0;
  int64_t at_ = kNone;
  int64_t seen_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_PACKED_BOUND_H_
