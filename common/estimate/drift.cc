#include "common/estimate/drift.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace noonmark {
namespace {

constexpr int kFewest = 4;
constexpr absl::Duration kUnit = absl::Nanoseconds(8);
constexpr absl::Duration kTick = absl::Microseconds(8);
constexpr double kPpmOfUnitsPerTick = 1000;
constexpr uint32_t kTicksPerSecond = 125'000;
constexpr int64_t kLeastWindow = 600 * kTicksPerSecond;
// Between two readings, at the most: 7 of them are a little more.
constexpr uint32_t kMostSpacing = 90 * kTicksPerSecond;
constexpr absl::Duration kTooWide = absl::Seconds(4);
constexpr absl::Duration kMostAhead = absl::Hours(24 * 30);
// What the rounding of a quotient and of a product can take off, and more.
constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();

// Both saturate.
int64_t FloorOf(absl::Duration d, absl::Duration unit) {
  absl::Duration rest;
  return absl::IDivDuration(absl::Floor(d, unit), unit, &rest);
}
int64_t CeilOf(absl::Duration d, absl::Duration unit) {
  absl::Duration rest;
  return absl::IDivDuration(absl::Ceil(d, unit), unit, &rest);
}

// In ppm, rounded outwards.
double Down(double ratio) {
  return (ratio - std::abs(ratio) * kRounding) * kPpmOfUnitsPerTick;
}
double Up(double ratio) {
  return (ratio + std::abs(ratio) * kRounding) * kPpmOfUnitsPerTick;
}

// Sen's interval of a slope, from Kendall's distribution: which of `pairs`
// slopes in their order, counted from either end, bounds it with 95 %.
int SenRank(int readings, int pairs) {
  const double n = readings;
  const double reach = 1.96 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  return std::max(0, static_cast<int>((pairs - reach) / 2) - 1);
}

}  // namespace

void DriftWindow::Forget() {
  count_ = 0;
  spacing_ = 0;
}

void DriftWindow::Add(const Interval& bound, absl::Duration asked,
                      absl::Duration answered) {
  const absl::Duration taken = answered - asked;
  if (bound.lo > bound.hi || bound.Width() > kTooWide ||
      taken < absl::ZeroDuration() || taken > kTooWide) {
    return;
  }
  if (count_ == 0) {
    origin_offset_ = bound.lo;
    origin_at_ = asked;
    latest_ = 0;
  }
  const int64_t lo = FloorOf(bound.lo - origin_offset_, kUnit);
  const int64_t hi = CeilOf(bound.hi - origin_offset_, kUnit);
  const int64_t from = FloorOf(asked - origin_at_, kTick);
  const int64_t to = CeilOf(answered - origin_at_, kTick);
  if (lo < std::numeric_limits<int32_t>::min() ||
      lo > std::numeric_limits<int32_t>::max() || from < latest_ ||
      from > std::numeric_limits<uint32_t>::max()) {
    if (count_ == 0) return;  // infinite
    Forget();
    Add(bound, asked, answered);
    return;
  }
  const Reading reading = {.lo = static_cast<int32_t>(lo),
                           .width = static_cast<uint32_t>(hi - lo),
                           .asked = static_cast<uint32_t>(from),
                           .taken = static_cast<uint32_t>(to - from)};
  latest_ = reading.asked;
  if (count_ > 0 && reading.asked - slot_ < spacing_) {
    Reading& last = kept_[count_ - 1];
    if (reading.width < last.width) last = reading;
    return;
  }
  if (count_ == kMost) Thin();
  kept_[count_++] = reading;
  slot_ = reading.asked;
}

// Drops the oldest where enough is left, else each wider one of two.
void DriftWindow::Thin() {
  const uint32_t end = kept_[count_ - 1].asked;
  if (end - kept_[1].asked >= kLeastWindow) {
    std::copy(kept_.begin() + 1, kept_.end(), kept_.begin());
    --count_;
    return;
  }
  spacing_ =
      std::min(kMostSpacing, (end - kept_[0].asked) / (kMost - 1) / 2 * 3);
  count_ /= 2;
  for (int i = 0; i < count_; ++i) {
    const Reading& a = kept_[2 * i];
    const Reading& b = kept_[2 * i + 1];
    kept_[i] = b.width < a.width ? b : a;
  }
}

// The moments are not known exactly, either: what the least and the most time
// between them allow.
RateInterval DriftWindow::Between(const Reading& a, const Reading& b) {
  const auto least = static_cast<double>(b.asked - a.answered());
  const auto most = static_cast<double>(b.answered() - a.asked);
  const auto lo = static_cast<double>(b.lo - a.hi());
  const auto hi = static_cast<double>(b.hi() - a.lo);
  return {Down(lo / (lo > 0 ? most : least)), Up(hi / (hi > 0 ? least : most))};
}

double DriftWindow::MiddleSlope(const Reading& a, const Reading& b) {
  const int64_t moved = b.lo + b.hi() - a.lo - a.hi();
  const int64_t passed = b.asked + b.answered() - a.asked - a.answered();
  return static_cast<double>(moved) / static_cast<double>(passed) *
         kPpmOfUnitsPerTick;
}

std::optional<DriftEstimate> DriftWindow::Estimate(
    absl::Duration shortest) const {
  if (count_ < kFewest) return std::nullopt;
  const Reading& first = kept_[0];
  const Reading& last = kept_[count_ - 1];
  const absl::Duration window = kTick * int64_t{last.asked - first.asked};
  if (last.asked <= first.answered() || window < shortest) return std::nullopt;
  DriftEstimate drift;
  drift.mean = Between(first, last);
  drift.window = window;

  // Of a given slope there is a line through all bounds where there is one
  // through each two of them (Helly's theorem, on a line's height): all pairs
  // give exactly the slopes of the hull of feasible lines.
  RateInterval lines = drift.mean;
  std::array<double, kMost*(kMost - 1) / 2> slopes;
  int pairs = 0;
  for (int i = 0; i < count_; ++i) {
    for (int j = i + 1; j < count_; ++j) {
      if (kept_[j].asked <= kept_[i].answered()) continue;
      const RateInterval pair = Between(kept_[i], kept_[j]);
      lines.lo_ppm = std::max(lines.lo_ppm, pair.lo_ppm);
      lines.hi_ppm = std::min(lines.hi_ppm, pair.hi_ppm);
      slopes[pairs++] = MiddleSlope(kept_[i], kept_[j]);
    }
  }
  drift.straight = lines.lo_ppm <= lines.hi_ppm;

  std::sort(slopes.begin(), slopes.begin() + pairs);
  const double median = (slopes[(pairs - 1) / 2] + slopes[pairs / 2]) / 2;
  const int rank = SenRank(count_, pairs);
  drift.bar =
      drift.straight
          ? lines
          : RateInterval{std::min(drift.mean.lo_ppm, slopes[rank]),
                         std::max(drift.mean.hi_ppm, slopes[pairs - 1 - rank])};
  drift.ppm = std::clamp(median, drift.bar.lo_ppm, drift.bar.hi_ppm);
  return drift;
}

std::optional<Interval> TimeToThreshold(const Interval& offset,
                                        absl::Duration intended,
                                        absl::Duration threshold,
                                        const RateInterval& drift) {
  Interval off = offset - Interval::Exactly(intended);
  if (off.LeastMagnitude() > threshold) {
    return Interval::Exactly(absl::ZeroDuration());
  }
  RateInterval rate = drift;
  if (drift.hi_ppm < 0) {  // the same, mirrored
    off = -off;
    rate = {-drift.hi_ppm, -drift.lo_ppm};
  }
  const bool certain = rate.lo_ppm > 0;
  const bool inward = off.hi < absl::ZeroDuration();
  if (!certain || inward) return std::nullopt;

  // What is outside already, on either side, takes no time.
  const auto time = [&](absl::Duration from, double ppm) {
    return std::max(threshold - from, absl::ZeroDuration()) / (ppm / 1e6);
  };
  const bool perhaps_outside = off.lo < -threshold || off.hi > threshold;
  const Interval takes = {
      perhaps_outside ? absl::ZeroDuration() : time(off.hi, rate.hi_ppm),
      time(std::max(off.lo, -threshold), rate.lo_ppm)};
  if (takes.hi > kMostAhead) return std::nullopt;
  return Interval{absl::Floor(takes.lo, absl::Microseconds(1)),
                  absl::Ceil(takes.hi, absl::Microseconds(1))};
}

}  // namespace noonmark
