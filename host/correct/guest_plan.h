#ifndef NOONMARK_HOST_CORRECT_GUEST_PLAN_H_
#define NOONMARK_HOST_CORRECT_GUEST_PLAN_H_

#include <vector>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "host/monitor/snapshot.h"
#include "host/policy/plan.h"
#include "host/policy/rails.h"

namespace noonmark {

// What the plan for a guest leans on, from what the monitor knows of it.
// `declared`, `view`: of its host, whose REALTIME is `realtime`.
PlanFacts FactsOf(const GuestRow& row, bool declared, const HostView& view,
                  absl::Duration realtime);

// A plan for a guest, and what keeps whom from following it.
struct GuestPlan {
  CorrectionPolicy policy;
  Plan plan;
  // Of permission: against an operator's order, against doing it by itself.
  // Empty as long as the plan moves no clock, or would not.
  std::vector<Objection> by_order;
  std::vector<Objection> by_itself;
};

GuestPlan MakeGuestPlan(const GuestRow& row, bool declared,
                        const HostView& view,
                        const CorrectionPolicies& policies, const Rails& rails,
                        const ClockReading& now);

// As a published snapshot says; `now`: the host's clocks.
GuestPlan PlanFor(const GuestRow& row, const HostSnapshot& snapshot,
                  const ClockReading& now);

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_GUEST_PLAN_H_
