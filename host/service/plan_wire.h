#ifndef NOONMARK_HOST_SERVICE_PLAN_WIRE_H_
#define NOONMARK_HOST_SERVICE_PLAN_WIRE_H_

#include <string>
#include <vector>

#include "common/time/clock.h"
#include "host/correct/guest_plan.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark {

// From a plan to the wire's words. Where the plan's say GUEST, they mean the
// guest of this name.
void FillPlan(const GuestPlan& made, const std::string& guest, v1::Plan& plan);

// What was refused of a guest lately. Moments are told in the host's REALTIME
// as of `now`.
void FillRefusals(const std::vector<KeptRefusal>& refusals,
                  const std::string& guest, const ClockReading& now,
                  v1::Plan& plan);

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_PLAN_WIRE_H_
