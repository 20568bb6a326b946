#include "host/policy/correction_policy.h"

namespace noonmark {
namespace {

template <typename T>
void Replace(const std::optional<T>& other, T& value) {
  if (other.has_value()) value = *other;
}

}  // namespace

void CorrectionOverride::ApplyTo(CorrectionPolicy& policy) const {
  Replace(mode, policy.rails.mode);
  Replace(windows, policy.rails.windows);
  Replace(slots, policy.rails.group_slots);
  Replace(cap, policy.limits.cap);
  Replace(slew_max, policy.limits.slew_max);
  Replace(lease, policy.limits.lease);
  Replace(hold_max, policy.limits.hold_max);
}

CorrectionPolicy CorrectionPolicies::Of(const std::string& uuid,
                                        const std::string& name,
                                        const std::string& group) const {
  CorrectionPolicy policy = usual;
  policy.rails.group = group;
  if (const auto own = groups.find(group);
      own != groups.end() && !group.empty()) {
    own->second.ApplyTo(policy);
  }
  auto own = guests.find(uuid);
  if (own == guests.end()) own = guests.find(name);
  if (own != guests.end()) own->second.ApplyTo(policy);
  return policy;
}

}  // namespace noonmark
