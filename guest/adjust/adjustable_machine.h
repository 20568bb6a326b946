#ifndef NOONMARK_GUEST_ADJUST_ADJUSTABLE_MACHINE_H_
#define NOONMARK_GUEST_ADJUST_ADJUSTABLE_MACHINE_H_

#include <string>

#include "absl/status/status.h"

namespace noonmark {

// Whether the clock of this machine is ours to correct: it is a virtual
// machine that is no dom0, systemd runs it, and this process is not in a
// container, whose clock is its host's. `root` is "", or a test's folder that
// stands for it.
//
// Errors: kFailedPrecondition, with what it is instead.
absl::Status CheckAdjustableMachine(const std::string& root = "");

}  // namespace noonmark

#endif  // NOONMARK_GUEST_ADJUST_ADJUSTABLE_MACHINE_H_
