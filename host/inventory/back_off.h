#ifndef NOONMARK_HOST_INVENTORY_BACK_OFF_H_
#define NOONMARK_HOST_INVENTORY_BACK_OFF_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace noonmark {

// How long to wait before each new attempt: twice as long each time, from
// `first` to `longest`, less a random part of up to a half of it, so that what
// failed together does not come back together.
class BackOff {
 public:
  // 0 < first <= longest. The same seed gives the same pauses.
  BackOff(absl::Duration first, absl::Duration longest, uint64_t seed);

  absl::Duration Next();
  // It worked: begins with `first` again.
  void Reset();

 private:
  absl::Duration first_;
  absl::Duration longest_;
  absl::Duration next_;
  std::mt19937_64 random_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_INVENTORY_BACK_OFF_H_
