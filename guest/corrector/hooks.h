#ifndef NOONMARK_GUEST_CORRECTOR_HOOKS_H_
#define NOONMARK_GUEST_CORRECTOR_HOOKS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/guest_act.h"
#include "guest/corrector/turns.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// An operator's executables, one a service that noonmark does not know. Root
// runs them, by noonmark-hook@NAME.service; the corrector only says for what.
inline constexpr char kHooksFolder[] = "/etc/noonmark/hooks.d";

// Their names, in order: of executable files, lower-case letters, digits and
// "-", at most 32. A folder that is not there has none.
//
// Errors: kUnavailable: the folder cannot be read.
absl::StatusOr<std::vector<std::string>> HookNames(const std::string& folder);

// "quiesce -4398.046511 120.000": what a hook is told.
std::string HookLine(const RunHooks& what);

// Runs all, one after another, until one fails; each gets a turn where mail is
// about to rest. `told`: the file that the unit reads it from
// (CorrectorPlaces::Hook()).
void RunAllHooks(UnitManager* manager, Turns* turns, const std::string& folder,
                 const std::string& told, const RunHooks& what,
                 std::function<void(absl::Status)> then);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_HOOKS_H_
