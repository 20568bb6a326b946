#ifndef NOONMARK_COMMON_DETECT_COUNTER_LINE_H_
#define NOONMARK_COMMON_DETECT_COUNTER_LINE_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/estimate/offset_band.h"
#include "common/estimate/rate.h"

namespace noonmark {

// c = guest RAW - host RAW in the burst after a reading that left the band: do
// the next ones stand on the old line, on one new line, on a steep one, or
// here and there?
class CounterLine {
 public:
  // The reading that left `old`.
  CounterLine(const BoundAt& first, PartsPerBillion rho);

  enum class Place { kOld, kNew, kNeither, kEither };
  // `old` is narrowed by what stands on it.
  Place Add(const BoundAt& next, OffsetBand& old);

  enum class Outcome {
    kUndecided,  // all readings were too wide to tell
    kBack,       // on the old line: the first was misread
    kLeapt,      // on one new line
    kTooSteep,   // on one line, steeper than a sound counter's
    kMixed,      // the counters of the vCPUs disagree
  };
  Outcome Decide() const;

  // The rate of any one straight line through all readings off the old line.
  // Absent: there is none, or there is but one reading. Bounds are made for
  // sound rates: where no line fits them one that is off by what it runs within
  // an exchange will do.
  std::optional<RateInterval> Slope() const;

  // One leap after the first reading, between two lines that are no steeper
  // than a sound counter's, explains the readings off the old line as well as a
  // steep line does. May hold where it does not; never the other way.
  bool MayHaveLeaptAgain() const;

  // By how much the first reading left `old`, beyond what a sound rate allows.
  Interval Trigger(const OffsetBand& old) const {
    return first_.bound - old.Contradicted(first_.bound).At(first_.at, rho_);
  }
  // From the old line to the new one, whenever since the reading that the
  // contradiction rests on.
  Interval Leap(const OffsetBand& old) const {
    const absl::Duration at = line_.latest().at;
    return line_.At(at, rho_) - old.Contradicted(first_.bound).At(at, rho_);
  }
  // What of the way from the last reading on the old line to the first off it
  // is left when it ran there at `slope`, or at any rate between that and none.
  // Holds zero: nothing.
  Interval LeftOver(const BoundAt& on_old, const RateInterval& slope) const;

  // The latest reading off the old line.
  const BoundAt& last() const { return last_; }
  // Through the first reading and what agrees with it at `rho`.
  const OffsetBand& line() const { return line_; }
  // The reading that left the old line.
  const BoundAt& first() const { return first_; }

  int on_old() const { return on_old_; }
  int on_new() const { return on_new_; }
  int on_neither() const { return on_neither_; }

 private:
  // Nanoseconds from the first reading's lower end, rounded outwards.
  struct Reading {
    int64_t lo = 0;
    int64_t hi = 0;
    int64_t at = 0;
  };
  void Keep(const BoundAt& reading);
  std::optional<RateInterval> Slope(int64_t blur) const;
  // Of the readings kept from `begin` to before `end`. Infinite: of any rate;
  // lo above hi: of none.
  RateInterval SlopeOf(int begin, int end, int64_t blur) const;

  PartsPerBillion rho_;
  BoundAt first_;
  BoundAt last_;
  OffsetBand line_;
  // The first and, when there are many, the last of the readings off the old
  // line.
  std::array<Reading, 9> off_;
  int kept_ = 0;
  int on_old_ = 0;
  int on_new_ = 0;
  int on_neither_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_COUNTER_LINE_H_
