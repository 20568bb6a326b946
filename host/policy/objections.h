#ifndef NOONMARK_HOST_POLICY_OBJECTIONS_H_
#define NOONMARK_HOST_POLICY_OBJECTIONS_H_

#include <vector>

#include "common/time/monotonic_time.h"
#include "host/policy/plan.h"

namespace noonmark {

// What is known of the guest and its host speaks against moving its clock.
// Empty: nothing does. `quiesces`: services would have to rest.
//
// These are the rails of facts; whose permission is needed, and when, is
// another matter (rails.h).
std::vector<Objection> ObjectionsOf(const PlanFacts& facts,
                                    const PlanLimits& limits, bool quiesces,
                                    MonotonicTime now);

// A time daemon that the guest lists runs there, and the kernel says that its
// clock is synchronised.
bool HasHealthyDaemon(const PlanFacts& facts);
// The first that runs, its unit; empty: none does, or nothing is listed.
std::string RunningDaemon(const PlanFacts& facts);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_OBJECTIONS_H_
