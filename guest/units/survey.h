#ifndef NOONMARK_GUEST_UNITS_SURVEY_H_
#define NOONMARK_GUEST_UNITS_SURVEY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/correct/guest_act.h"
#include "common/correct/service_profile.h"
#include "guest/units/at_rest.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// The profile whose `units` has this one; null: none has.
const ServiceProfile* ProfileOf(const std::vector<ServiceProfile>& profiles,
                                const std::string& unit);

// Looks at every unit of the profiles and at those of `also` that a profile
// has, in the order of the profiles. A unit that is not installed is left out,
// unless it is one of `also`. The ports are read last: what listens then and
// is no socket unit's is somebody's.
//
// `profiles` and `manager` last until `then` was called: once; from within this
// call where no unit is listed at all.
//
// Errors: kUnavailable, kInternal: the units cannot be listed;
// kResourceExhausted: there are more than kMostServices.
void SurveyServices(
    UnitManager* manager, const std::vector<ServiceProfile>* profiles,
    const std::vector<std::string>& also, const ProofPaths& paths,
    std::function<void(absl::StatusOr<std::vector<SeenUnit>>)> then);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_UNITS_SURVEY_H_
