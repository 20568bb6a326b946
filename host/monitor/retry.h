#ifndef NOONMARK_HOST_MONITOR_RETRY_H_
#define NOONMARK_HOST_MONITOR_RETRY_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// A number for a text that is the same in every process, for phases and
// jitter. FNV-1a.
template <typename Text>
uint64_t StableHash(const Text& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  // FNV's low bits are poor for texts that differ in their last letter.
  hash ^= hash >> 32;
  return hash;
}

// Growing pauses between attempts, each ±25 % by chance, so that a thousand
// guests of a host that comes back do not all knock at once.
class Retry {
 public:
  Retry(absl::Duration first, absl::Duration longest, uint64_t seed)
      : first_(first), longest_(longest), next_(first), random_(seed | 1) {}

  absl::Duration NextPause() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    const absl::Duration pause =
        next_ * 3 / 4 + next_ / 2 * static_cast<int64_t>(random_ % 1024) / 1024;
    next_ = std::min(next_ * 2, longest_);
    return pause;
  }
  void Reset() { next_ = first_; }

 private:
  absl::Duration first_;
  absl::Duration longest_;
  absl::Duration next_;
  uint64_t random_;
};

// How often something may be done that others ask for: `most` times at once,
// then once per `every`.
class Allowance {
 public:
  Allowance(int most, absl::Duration every)
      : reach_(every * (most - 1)), every_(every) {}

  // When it may be done, `wanted` at the earliest. That counts as done.
  MonotonicTime Take(MonotonicTime wanted) {
    const MonotonicTime when = std::max(wanted, full_at_ - reach_);
    full_at_ = std::max(full_at_, when) + every_;
    return when;
  }

 private:
  absl::Duration reach_;
  absl::Duration every_;
  MonotonicTime full_at_;  // when all of it may be done again
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_RETRY_H_
