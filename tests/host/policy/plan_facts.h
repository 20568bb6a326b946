#ifndef NOONMARK_TESTS_HOST_POLICY_PLAN_FACTS_H_
#define NOONMARK_TESTS_HOST_POLICY_PLAN_FACTS_H_

#include <string>

#include "host/policy/plan.h"

namespace noonmark::testing {

inline MonotonicTime Now() {
  return MonotonicTime::FromReading(absl::Hours(100));
}

inline PlanFacts WithService(PlanFacts facts, const std::string& unit,
                             ServiceRole role) {
  ServiceStatus service;
  service.unit = unit;
  service.role = role;
  service.state = ServiceState::kActive;
  facts.services->push_back(service);
  return facts;
}

// Dovecot and Postfix run, no time daemon; all is proven, and ±50 ms allowed.
inline PlanFacts WrongBy(absl::Duration offset) {
  PlanFacts facts;
  facts.verdict = Verdict::kWrong;
  facts.verdict_since = Now() - absl::Minutes(2);
  facts.offset = Interval::Exactly(offset).WidenedBy(absl::Microseconds(10));
  facts.policy.thresholds.warning = absl::Milliseconds(50);
  for (int i = 6; i >= 0; --i) {
    facts.agreement.Add(*facts.offset, Now() - absl::Seconds(5) * i);
  }
  facts.host.bound = facts.host.proven = absl::Microseconds(100);
  facts.host_realtime = absl::Seconds(1'795'880'000);
  facts.services.emplace();
  facts = WithService(facts, "dovecot.service", ServiceRole::kMailStore);
  return WithService(facts, "postfix@-.service", ServiceRole::kMailTransfer);
}

// And chronyd runs, synchronised.
inline PlanFacts ChronyClaims(PlanFacts facts, absl::Duration max_error) {
  facts.discipline.emplace();
  facts.discipline->status = 0x2001;
  facts.discipline->max_error = max_error;
  return WithService(std::move(facts), "chrony.service",
                     ServiceRole::kTimeDaemon);
}

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_POLICY_PLAN_FACTS_H_
