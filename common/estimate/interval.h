#ifndef NOONMARK_COMMON_ESTIMATE_INTERVAL_H_
#define NOONMARK_COMMON_ESTIMATE_INTERVAL_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/time/time.h"

namespace noonmark {

// The truth lies in [lo, hi], ends included; lo <= hi.
struct Interval {
  absl::Duration lo;
  absl::Duration hi;

  static Interval Exactly(absl::Duration value) { return {value, value}; }

  absl::Duration Width() const { return hi - lo; }
  // Rounded so that Middle() ± HalfWidth() holds the interval.
  absl::Duration Middle() const { return lo + (hi - lo) / 2; }
  absl::Duration HalfWidth() const {
    return std::max(hi - Middle(), Middle() - lo);
  }

  bool Contains(absl::Duration value) const {
    return lo <= value && value <= hi;
  }
  bool ContainsZero() const { return Contains(absl::ZeroDuration()); }
  bool Within(const Interval& outer) const {
    return outer.lo <= lo && hi <= outer.hi;
  }
  bool Meets(const Interval& other) const {
    return lo <= other.hi && other.lo <= hi;
  }
  Interval WidenedBy(absl::Duration each_side) const {
    return {lo - each_side, hi + each_side};
  }
  // The distance from zero that is certain; zero if zero is inside.
  absl::Duration LeastMagnitude() const {
    if (lo > absl::ZeroDuration()) return lo;
    if (hi < absl::ZeroDuration()) return -hi;
    return absl::ZeroDuration();
  }

  // What holds of the sum or the difference of two independent truths.
  friend Interval operator+(const Interval& a, const Interval& b) {
    return {a.lo + b.lo, a.hi + b.hi};
  }
  friend Interval operator-(const Interval& a, const Interval& b) {
    return {a.lo - b.hi, a.hi - b.lo};
  }
  friend Interval operator-(const Interval& a) { return {-a.hi, -a.lo}; }
  friend bool operator==(const Interval& a, const Interval& b) {
    return a.lo == b.lo && a.hi == b.hi;
  }
};

// What both allow; nothing where they exclude each other.
inline std::optional<Interval> Intersection(const Interval& a,
                                            const Interval& b) {
  if (!a.Meets(b)) return std::nullopt;
  return Interval{std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
}

// The smallest interval that holds both.
inline Interval Hull(const Interval& a, const Interval& b) {
  return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)};
}

// A bound of a relative rate, in parts per 10^9: exact, where a double is not.
using PartsPerBillion = int64_t;

// How far two clocks can part in `elapsed` (>= 0) at a relative rate of at most
// `rate`; rounded up to a nanosecond.
inline absl::Duration Drift(absl::Duration elapsed, PartsPerBillion rate) {
  constexpr int64_t kBillion = 1'000'000'000;
  const int64_t ns = absl::ToInt64Nanoseconds(elapsed);
  if (ns >= std::numeric_limits<int64_t>::max() / 2 || rate > kBillion) {
    return elapsed * rate / kBillion + absl::Nanoseconds(1);
  }
  // The same in 64 bits, which is what all of this costs.
  const int64_t whole = elapsed == absl::Nanoseconds(ns) ? ns : ns + 1;
  return absl::Nanoseconds(whole / kBillion * rate +
                           whole % kBillion * rate / kBillion + 1);
}

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_INTERVAL_H_
