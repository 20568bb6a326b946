#include "common/detect/counter_line.h"

#include <algorithm>
#include <limits>

namespace noonmark {
namespace {

constexpr absl::Duration kNanosecond = absl::Nanoseconds(1);
constexpr absl::Duration kBlur = absl::Microseconds(1);
// Enough for a rate of 10 %.
constexpr int64_t kBlurOfWidth = 10;
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

Interval Blurred(absl::Duration lo, absl::Duration hi, int64_t percent) {
  return Interval{lo, hi}.WidenedBy((hi - lo) * percent / 100);
}

}  // namespace

CounterLine::CounterLine(const BoundAt& first, PartsPerBillion rho)
    : rho_(rho), first_(first), last_(first), line_(first) {
  Keep(first);
}

CounterLine::Place CounterLine::Add(const BoundAt& next, OffsetBand& old) {
  const bool on_old = old.At(next.at, rho_).Meets(next.bound);
  const bool on_new = line_.At(next.at, rho_).Meets(next.bound);
  if (on_old && on_new) return Place::kEither;
  if (on_old) {
    ++on_old_;
    old.Narrow(next, rho_);
    return Place::kOld;
  }
  Keep(next);
  if (!on_new) {
    ++on_neither_;
    return Place::kNeither;
  }
  ++on_new_;
  line_.Narrow(next, rho_);
  return Place::kNew;
}

void CounterLine::Keep(const BoundAt& reading) {
  const int most = static_cast<int>(off_.size());
  if (kept_ < most) ++kept_;
  const absl::Duration origin = first_.bound.lo;
  off_[kept_ - 1] = {.lo = absl::ToInt64Nanoseconds(
                         absl::Floor(reading.bound.lo - origin, kNanosecond)),
                     .hi = absl::ToInt64Nanoseconds(
                         absl::Ceil(reading.bound.hi - origin, kNanosecond)),
                     .at = absl::ToInt64Nanoseconds(reading.at - first_.at)};
  last_ = reading;
}

std::optional<RateInterval> CounterLine::Slope() const {
  const std::optional<RateInterval> sharp = Slope(0);
  return sharp.has_value() ? sharp : Slope(kBlurOfWidth);
}

// `blur`: of a bound's width to either side, in percent.
std::optional<RateInterval> CounterLine::Slope(int64_t blur) const {
  const RateInterval slope = SlopeOf(0, kept_, blur);
  if (slope.lo_ppm == -kUnbounded || slope.lo_ppm > slope.hi_ppm) {
    return std::nullopt;
  }
  return slope;
}

RateInterval CounterLine::SlopeOf(int begin, int end, int64_t blur) const {
  // A line stands on all bounds where it stands on each two of them.
  RateInterval slope = {-kUnbounded, kUnbounded};
  for (int i = begin; i < end; ++i) {
    for (int j = i + 1; j < end; ++j) {
      const Reading& a = off_[i];
      const Reading& b = off_[j];
      if (b.at <= a.at) continue;
      const RateInterval between = RateBetween(
          Blurred(absl::Nanoseconds(a.lo), absl::Nanoseconds(a.hi), blur),
          Blurred(absl::Nanoseconds(b.lo), absl::Nanoseconds(b.hi), blur),
          absl::Nanoseconds(b.at) - absl::Nanoseconds(a.at));
      slope.lo_ppm = std::max(slope.lo_ppm, between.lo_ppm);
      slope.hi_ppm = std::min(slope.hi_ppm, between.hi_ppm);
    }
  }
  return slope;
}

bool CounterLine::MayHaveLeaptAgain() const {
  const double sound_ppm = static_cast<double>(rho_) / 1000;
  const auto may_be_sound = [&](int begin, int end) {
    const RateInterval slope = SlopeOf(begin, end, 0);
    return std::max(slope.lo_ppm, -sound_ppm) <=
           std::min(slope.hi_ppm, sound_ppm);
  };
  for (int leap = 1; leap < kept_; ++leap) {
    if (may_be_sound(0, leap) && may_be_sound(leap, kept_)) return true;
  }
  return false;
}

Interval CounterLine::LeftOver(const BoundAt& on_old,
                               const RateInterval& slope) const {
  const absl::Duration elapsed = absl::AbsDuration(first_.at - on_old.at);
  const auto reach = [&](double ppm) { return elapsed * (ppm / 1e6); };
  const Interval ran = Hull(Interval::Exactly(absl::ZeroDuration()),
                            {reach(slope.lo_ppm), reach(slope.hi_ppm)});
  // Bounds are made for sound rates: at others they are off by what it runs
  // within an exchange.
  const absl::Duration blur =
      kBlur +
      std::max(absl::AbsDuration(ran.lo), absl::AbsDuration(ran.hi)) / 10;
  return (first_.bound - on_old.bound - ran).WidenedBy(blur);
}

CounterLine::Outcome CounterLine::Decide() const {
  const int off = on_new_ + on_neither_;
  if (off == 0) return on_old_ == 0 ? Outcome::kUndecided : Outcome::kBack;
  // Another misread among many that are back on the old line.
  if (on_new_ == 0 && on_old_ > on_neither_) return Outcome::kBack;
  if (on_old_ > 0) return Outcome::kMixed;
  const std::optional<RateInterval> slope = Slope();
  if (slope.has_value() &&
      slope->LeastMagnitude() * 1000 > static_cast<double>(rho_)) {
    return Outcome::kTooSteep;
  }
  return on_neither_ == 0 ? Outcome::kLeapt : Outcome::kMixed;
}

}  // namespace noonmark
