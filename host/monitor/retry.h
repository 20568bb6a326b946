#ifndef NOONMARK_HOST_MONITOR_RETRY_H_
#define NOONMARK_HOST_MONITOR_RETRY_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

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

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_RETRY_H_
