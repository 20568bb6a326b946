#ifndef NOONMARK_HOST_POLICY_CORRECTION_POLICY_H_
#define NOONMARK_HOST_POLICY_CORRECTION_POLICY_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "host/policy/plan.h"
#include "host/policy/rails.h"

namespace noonmark {

// How one guest may be corrected; configuration.
struct CorrectionPolicy {
  GuestRails rails;
  PlanLimits limits;
};

// What a group or a guest has otherwise than the rest. Absent: as the rest.
struct CorrectionOverride {
  std::optional<CorrectionMode> mode;
  std::optional<std::vector<Window>> windows;
  std::optional<absl::Duration> cap;
  std::optional<absl::Duration> slew_max;
  std::optional<absl::Duration> lease;
  std::optional<absl::Duration> hold_max;
  // Of a group alone.
  std::optional<int> slots;

  void ApplyTo(CorrectionPolicy& policy) const;
};

// Of all guests of a host.
struct CorrectionPolicies {
  CorrectionPolicy usual;
  std::map<std::string, CorrectionOverride> groups;
  // By name, or by UUID, which wins.
  std::map<std::string, CorrectionOverride> guests;

  // The guest's own word before its group's, and that before the usual.
  CorrectionPolicy Of(const std::string& uuid, const std::string& name,
                      const std::string& group) const;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_CORRECTION_POLICY_H_
