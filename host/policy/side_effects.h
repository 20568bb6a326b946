#ifndef NOONMARK_HOST_POLICY_SIDE_EFFECTS_H_
#define NOONMARK_HOST_POLICY_SIDE_EFFECTS_H_

#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {

// What else on a guest may mind that its clock is moved, for a person to
// compare with what runs there.
struct SideEffect {
  std::string_view who;   // "cron"
  std::string_view what;  // a sentence
};

// Of moving REALTIME by `amount` at once; > 0: forward. The most important
// first; none of a move so small that nobody notices.
std::vector<SideEffect> SideEffectsOf(absl::Duration amount);

// While a clock is ahead of the truth by `ahead`, before anything is done; none
// up to an hour.
std::vector<SideEffect> EffectsOfBeingAhead(absl::Duration ahead);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_SIDE_EFFECTS_H_
