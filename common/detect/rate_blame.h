#ifndef NOONMARK_COMMON_DETECT_RATE_BLAME_H_
#define NOONMARK_COMMON_DETECT_RATE_BLAME_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/rate.h"

namespace noonmark {

// What another guest of the same host knows of the host's counter meanwhile.
struct RateWitness {
  // It runs off, too.
  std::optional<RateInterval> claimed;
  // It could not have missed a fault of the host meanwhile, and saw none; see
  // RateEstimates::Contradicts.
  bool sound = false;
  // It runs off a little to the same side, which may be the host's doing or
  // its own; see RateEstimates::LeansWith.
  bool leans = false;
};

// A rate of guest against host says nothing of which of the two runs off; the
// host's other guests do. The host, where more than half of those that know
// run off at a rate that may be the same, and two of them at least. The guest,
// where another is sound; but the host's rate is hidden from one that runs off
// as far by itself, so not as long as most, two of the others at least, lean
// that way, or have said nothing and half of `patience` is not over. The guest
// as well, where nobody else could tell for `patience` and none so much as
// leans that way. Open: nobody is blamed.
enum class RateBlame { kGuest, kHost, kOpen };
RateBlame BlameForRate(const RateInterval& claimed,
                       const std::vector<RateWitness>& others,
                       absl::Duration open_for, absl::Duration patience);

// What the rates of those that suffer from the host have in common; their hull,
// where that is nothing. `rates` is not empty.
RateInterval CommonRate(const std::vector<RateInterval>& rates);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_RATE_BLAME_H_
