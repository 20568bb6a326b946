#include "host/monitor/guest_policies.h"

namespace noonmark {

GuestPolicy GuestPolicies::Of(const Domain& domain,
                              const Thresholds& usual) const {
  GuestPolicy policy;
  policy.name = domain.name;
  policy.thresholds = usual;
  if (const auto group = groups.find(domain.group);
      group != groups.end() && !domain.group.empty()) {
    policy.thresholds = group->second;
  }
  for (const std::string& known : {domain.uuid, domain.name}) {
    const auto intended = intended_offsets.find(known);
    if (intended == intended_offsets.end()) continue;
    policy.intended_offset = intended->second;
    break;
  }
  return policy;
}

}  // namespace noonmark
