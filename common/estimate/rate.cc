#include "common/estimate/rate.h"

#include <algorithm>

namespace noonmark {
namespace {

ProvenRate Between(const PackedBound& before, const PackedBound& after) {
  return {RateBetween(before.bound(), after.bound(), after.at() - before.at()),
          before.seen(),
          after.seen(),
          {}};
}

}  // namespace

std::optional<ProvenRate> PackedRate::Get() const {
  if (end_ns_ <= begin_ns_) return std::nullopt;
  return ProvenRate{rate_,
                    MonotonicTime::FromReading(absl::Nanoseconds(begin_ns_)),
                    MonotonicTime::FromReading(absl::Nanoseconds(end_ns_)),
                    {}};
}

RateInterval RateBetween(const Interval& before, const Interval& after,
                         absl::Duration elapsed) {
  const Interval moved = after - before;
  return {absl::FDivDuration(moved.lo, elapsed) * 1e6,
          absl::FDivDuration(moved.hi, elapsed) * 1e6};
}

void RateEstimate::Add(const PackedBound& next) {
  if (!next.has_value()) return;
  if (!older_.has_value()) {
    older_ = next;
    return;
  }
  const absl::Duration elapsed = next.at() - older_.at();
  if (elapsed < absl::ZeroDuration()) {  // the host's counter is not sound
    Forget();
    older_ = next;
    return;
  }
  const absl::Duration baseline = absl::Nanoseconds(baseline_ns_);
  if (elapsed < baseline) return;
  rate_ = PackedRate(Between(older_, next));
  if (!newer_.has_value()) {
    newer_ = next;
  } else if (next.at() - newer_.at() >= baseline) {
    const RateInterval first = Between(older_, newer_).rate;
    ProvenRate both = Between(newer_, next);
    both.rate.lo_ppm = std::min(first.lo_ppm, both.rate.lo_ppm);
    both.rate.hi_ppm = std::max(first.hi_ppm, both.rate.hi_ppm);
    steady_ = PackedRate(both);
    older_ = newer_;
    newer_ = next;
  }
}

void RateEstimate::Forget() {
  *this = RateEstimate(absl::Nanoseconds(baseline_ns_));
}

std::optional<ProvenRate> RateEstimate::Until(const PackedBound& last) const {
  if (!older_.has_value() || last.at() <= older_.at()) return std::nullopt;
  return Between(older_, last);
}

void RateEstimates::Add(const BoundAt& next) {
  const PackedBound bound(next);
  recent_ = PackedRate();
  if (last_.has_value() && bound.has_value() && bound.at() > last_.at()) {
    recent_ = PackedRate(Between(last_, bound));
  }
  last_ = bound;
  for (RateEstimate* estimate : {&short_, &long_, &longest_}) {
    estimate->Add(bound);
  }
}

void RateEstimates::Forget() {
  last_ = PackedBound();
  recent_ = PackedRate();
  for (RateEstimate* estimate : {&short_, &long_, &longest_}) {
    estimate->Forget();
  }
}

std::optional<RateInterval> RateEstimates::rate() const {
  std::optional<RateInterval> narrowest;
  for (const RateEstimate* estimate : {&short_, &long_}) {
    const std::optional<ProvenRate> known = estimate->rate();
    if (!known.has_value()) continue;
    if (!narrowest.has_value() || known->rate.hi_ppm - known->rate.lo_ppm <=
                                      narrowest->hi_ppm - narrowest->lo_ppm) {
      narrowest = known->rate;
    }
  }
  return narrowest;
}

std::optional<ProvenRate> RateEstimates::Above(double ppm) const {
  std::optional<ProvenRate> latest;
  for (const RateEstimate* estimate : {&short_, &long_, &longest_}) {
    const std::optional<ProvenRate> steady = estimate->steady();
    if (steady.has_value() && steady->rate.LeastMagnitude() > ppm &&
        (!latest.has_value() || latest->end < steady->end)) {
      latest = steady;
    }
  }
  return latest;
}

std::optional<ProvenRate> RateEstimates::Below(double ppm,
                                               MonotonicTime since) const {
  for (const RateEstimate* estimate : {&short_, &long_, &longest_}) {
    const std::optional<ProvenRate> known = estimate->rate();
    if (known.has_value() && known->begin >= since &&
        known->rate.MostMagnitude() < ppm) {
      return known;
    }
  }
  return std::nullopt;
}

bool RateEstimates::Contradicts(const ProvenRate& other) const {
  const double least = other.rate.LeastMagnitude();
  const bool fast = other.rate.lo_ppm > 0;
  // Proofs of a rate are made for sound ones, and of a steep one a little off.
  const double shared = least - std::max(kSoundApartPpm, least / 3);
  const auto contradicts = [&](const std::optional<ProvenRate>& mine) {
    if (!mine.has_value()) return false;
    MonotonicTime from = other.begin;
    MonotonicTime to = other.end;
    if (from < mine->begin) from = mine->begin + other.Grain();
    if (to > mine->end) to = mine->end - other.Grain();
    const double whole = absl::ToDoubleSeconds(mine->end - mine->begin);
    const double common = absl::ToDoubleSeconds(to - from);
    if (common <= 0) return false;
    const double most = fast ? mine->rate.hi_ppm : -mine->rate.lo_ppm;
    return most * whole < shared * common - kSoundApartPpm * (whole - common);
  };
  return contradicts(recent_.Get()) || contradicts(short_.rate()) ||
         contradicts(long_.rate()) || contradicts(longest_.rate());
}

bool RateEstimates::DidNotMove(const Interval& leap, MonotonicTime begin,
                               MonotonicTime end) const {
  for (const RateEstimate* estimate : {&short_, &long_, &longest_}) {
    const std::optional<ProvenRate> mine = estimate->Until(last_);
    if (!mine.has_value() || mine->begin > begin || mine->end < end) continue;
    const absl::Duration whole = mine->end - mine->begin;
    const Interval moved = {whole * (mine->rate.lo_ppm / 1e6),
                            whole * (mine->rate.hi_ppm / 1e6)};
    const absl::Duration drift = whole * (kSoundApartPpm / 1e6);
    if (!moved.WidenedBy(drift).Meets(leap)) return true;
  }
  return false;
}

bool RateEstimates::LeansWith(const ProvenRate& other) const {
  for (const RateEstimate* estimate : {&short_, &long_, &longest_}) {
    const std::optional<ProvenRate> mine = estimate->rate();
    if (!mine.has_value() || mine->end <= other.begin) continue;
    if (other.rate.lo_ppm > 0 ? mine->rate.lo_ppm > 0 : mine->rate.hi_ppm < 0) {
      return true;
    }
  }
  return false;
}

}  // namespace noonmark
