#include "host/correct/guest_plan.h"

namespace noonmark {

PlanFacts FactsOf(const GuestRow& row, bool declared, const HostView& view,
                  absl::Duration realtime) {
  PlanFacts facts;
  facts.verdict = row.verdict;
  facts.reason = row.reason;
  facts.verdict_since = row.verdict_since;
  facts.offset = row.offset;
  facts.policy = row.policy;
  facts.findings = row.findings;
  facts.drift = row.drift;
  facts.agreement = row.agreement;
  facts.unpaused = row.unpaused;
  facts.host = view;
  facts.declared = declared && !view.proven.has_value();
  facts.host_realtime = realtime;
  if (row.facts != nullptr) facts.discipline = row.facts->discipline;
  if (row.operation != nullptr) facts.services = row.operation->services;
  facts.takes_no_orders = row.takes_no_orders;
  return facts;
}

GuestPlan MakeGuestPlan(const GuestRow& row, bool declared,
                        const HostView& view,
                        const CorrectionPolicies& policies, const Rails& rails,
                        const ClockReading& now) {
  const MonotonicTime at = MonotonicTime::FromReading(now.monotonic);
  GuestPlan made;
  made.policy = policies.Of(row.domain.uuid, row.domain.name, row.domain.group);
  made.plan = MakePlan(FactsOf(row, declared, view, now.realtime),
                       made.policy.limits, at);
  if (made.plan.amount == absl::ZeroDuration()) return made;
  const auto objections = [&](Initiator initiator) {
    return rails.ObjectionsTo(row.domain.uuid, made.policy.rails, initiator,
                              made.plan.otherwise == PlanWay::kQuiescedStep,
                              /*corrects=*/true, at,
                              absl::UnixEpoch() + now.realtime);
  };
  made.by_order = objections(Initiator::kOperator);
  made.by_itself = objections(Initiator::kItself);
  return made;
}

GuestPlan PlanFor(const GuestRow& row, const HostSnapshot& snapshot,
                  const ClockReading& now) {
  static const CorrectionPolicies kNoPolicies;
  const CorrectionView* view = snapshot.correction.get();
  return MakeGuestPlan(
      row, snapshot.declared, snapshot.view,
      view != nullptr && view->policies != nullptr ? *view->policies
                                                   : kNoPolicies,
      view != nullptr ? view->rails : Rails(RailLimits()), now);
}

}  // namespace noonmark
