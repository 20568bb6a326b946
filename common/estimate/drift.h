#ifndef NOONMARK_COMMON_ESTIMATE_DRIFT_H_
#define NOONMARK_COMMON_ESTIMATE_DRIFT_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/estimate/rate.h"

namespace noonmark {

// How guest REALTIME - host REALTIME changes: what people call drift. Slews of
// either clock are in it, unlike in the rate of the counters (rate.h).
//
// The ruler is the host's RAW. MONOTONIC is slewed together with the REALTIME
// that is one half of the offset, by up to 8 %; RAW is off by some ten ppm at
// the most, and so is what is measured by it: 0.001 ppm of a drift of 100.
struct DriftEstimate {
  // From the first reading to the last: a proof, whatever happened between.
  RateInterval mean;
  // Some straight line passes through all bounds. False: the rate changed,
  // which is proven, and `bar` is of no constant one.
  bool straight = false;
  // For people: the median of the slopes between each two readings' middles
  // (Theil-Sen), inside `bar`.
  double ppm = 0;
  // Where straight: the slopes of all such lines. A drift that was constant is
  // one of them, for certain. Else what holds both `mean` and Sen's 95 %
  // interval of the slopes (1968): how much they vary.
  RateInterval bar;
  // Between the first reading and the last.
  absl::Duration window;
};

// Keeps up to 8 bounds of the offset, spread over the last 10 to 20 minutes,
// each the narrowest of its time, and tells the drift over them. Less than 200
// bytes.
class DriftWindow {
 public:
  // The offset was within `bound` at a moment between `asked` and `answered`
  // (host RAW). A counter that falls, or an offset 17 s away from the others,
  // begins anew; a bound wider than 4 s or as long in coming says nothing of a
  // drift and is left out.
  void Add(const Interval& bound, absl::Duration asked,
           absl::Duration answered);
  // The offset was moved at once, or the comparison is another.
  void Forget();

  // Absent: fewer than 4 readings, or over less than `shortest`. O(1): 28
  // pairs.
  std::optional<DriftEstimate> Estimate(absl::Duration shortest) const;

 private:
  static constexpr int kMost = 8;

  // From the origin, rounded outwards: the offset in [lo, lo + width], in units
  // of 8 ns, at a moment in [asked, asked + taken], in ticks of 8 us.
  struct Reading {
    int32_t lo = 0;
    uint32_t width = 0;
    uint32_t asked = 0;
    uint32_t taken = 0;

    int64_t hi() const { return int64_t{lo} + width; }
    int64_t answered() const { return int64_t{asked} + taken; }
  };
  static RateInterval Between(const Reading& a, const Reading& b);
  static double MiddleSlope(const Reading& a, const Reading& b);
  void Thin();

  // Of the first reading.
  absl::Duration origin_offset_;
  absl::Duration origin_at_;
  std::array<Reading, kMost> kept_;
  int32_t count_ = 0;
  // The last one stands for the time from `slot_` on, so long.
  uint32_t spacing_ = 0;
  uint32_t slot_ = 0;
  // The last one that came was asked then.
  uint32_t latest_ = 0;
};

// When |offset - intended| reaches `threshold`, at the earliest and the latest,
// if it goes on at a rate within `drift`; from the moment of `offset` on. Zero:
// it is outside. Absent: the sign of the drift is not certain, it leads towards
// `intended`, or it may take more than 30 days.
std::optional<Interval> TimeToThreshold(const Interval& offset,
                                        absl::Duration intended,
                                        absl::Duration threshold,
                                        const RateInterval& drift);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_DRIFT_H_
