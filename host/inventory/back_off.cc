#include "host/inventory/back_off.h"

#include <algorithm>

namespace noonmark {

BackOff::BackOff(absl::Duration first, absl::Duration longest, uint64_t seed)
    : first_(first), longest_(longest), next_(first), random_(seed) {}

absl::Duration BackOff::Next() {
  const absl::Duration full = std::min(next_, longest_);
  next_ = full * 2;
  std::uniform_real_distribution<double> part(0.5, 1.0);
  return full * part(random_);
}

void BackOff::Reset() { next_ = first_; }

}  // namespace noonmark
