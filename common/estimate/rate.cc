#include "common/estimate/rate.h"

#include <algorithm>

namespace noonmark {

RateInterval RateBetween(const Interval& before, const Interval& after,
                         absl::Duration elapsed) {
  const Interval moved = after - before;
  return {absl::FDivDuration(moved.lo, elapsed) * 1e6,
          absl::FDivDuration(moved.hi, elapsed) * 1e6};
}

void RateEstimate::Add(const BoundAt& next) {
  if (!older_.has_value()) {
    older_ = next;
    return;
  }
  const absl::Duration elapsed = next.at - older_->at;
  if (elapsed < absl::ZeroDuration()) {  // the host's counter is not sound
    Forget();
    older_ = next;
    return;
  }
  if (elapsed < baseline_) return;
  rate_ = RateBetween(older_->bound, next.bound, elapsed);
  since_ = older_->seen;
  if (!newer_.has_value()) {
    newer_ = next;
  } else if (next.at - newer_->at >= baseline_) {
    const RateInterval first =
        RateBetween(older_->bound, newer_->bound, newer_->at - older_->at);
    const RateInterval second =
        RateBetween(newer_->bound, next.bound, next.at - newer_->at);
    steady_ = RateInterval{std::min(first.lo_ppm, second.lo_ppm),
                           std::max(first.hi_ppm, second.hi_ppm)};
    steady_since_ = newer_->seen;
    steady_until_ = next.seen;
    older_ = newer_;
    newer_ = next;
  }
}

void RateEstimate::Forget() { *this = RateEstimate(baseline_); }

void RateEstimates::Add(const BoundAt& next) {
  recent_.reset();
  if (last_.has_value() && next.at > last_->at) {
    recent_ = RateBetween(last_->bound, next.bound, next.at - last_->at);
    recent_since_ = last_->seen;
  }
  last_ = next;
  short_.Add(next);
  long_.Add(next);
}

void RateEstimates::Forget() {
  last_.reset();
  recent_.reset();
  short_.Forget();
  long_.Forget();
}

std::optional<RateInterval> RateEstimates::rate() const {
  const std::optional<RateInterval>& a = short_.rate();
  const std::optional<RateInterval>& b = long_.rate();
  if (!b.has_value()) return a;
  if (!a.has_value()) return b;
  return a->hi_ppm - a->lo_ppm < b->hi_ppm - b->lo_ppm ? a : b;
}

std::optional<ProvenRate> RateEstimates::steady() const {
  const bool longer =
      !short_.steady().has_value() ||
      (long_.steady().has_value() &&
       long_.steady()->LeastMagnitude() > short_.steady()->LeastMagnitude());
  const RateEstimate& chosen = longer ? long_ : short_;
  if (!chosen.steady().has_value()) return std::nullopt;
  return ProvenRate{*chosen.steady(), chosen.steady_since(),
                    chosen.steady_until()};
}

bool RateEstimates::IsBelow(double ppm) const {
  for (const RateEstimate* estimate : {&short_, &long_}) {
    if (estimate->rate().has_value() &&
        estimate->rate()->MostMagnitude() < ppm) {
      return true;
    }
  }
  return false;
}

bool RateEstimates::Contradicts(const ProvenRate& other) const {
  const double least = other.rate.LeastMagnitude() *
                       absl::ToDoubleSeconds(other.end - other.begin);
  const auto contradicts = [&](const std::optional<RateInterval>& rate,
                               MonotonicTime begin) {
    if (!rate.has_value() || begin > other.begin || last_->seen < other.end) {
      return false;
    }
    const double most =
        rate->MostMagnitude() * absl::ToDoubleSeconds(last_->seen - begin);
    return most * 3 < least * 2;
  };
  return contradicts(recent_, recent_since_) ||
         contradicts(short_.rate(), short_.since()) ||
         contradicts(long_.rate(), long_.since());
}

}  // namespace noonmark
