#ifndef NOONMARK_HOST_MONITOR_GUEST_POLICIES_H_
#define NOONMARK_HOST_MONITOR_GUEST_POLICIES_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "common/detect/verdict.h"
#include "host/inventory/hypervisor.h"

namespace noonmark {

// Which guests are judged otherwise than the rest; configuration.
struct GuestPolicies {
  // Of the guests of a group, by its name in their domains' metadata.
  std::map<std::string, Thresholds> groups;
  // By a guest's name, or by its UUID, which wins.
  std::map<std::string, absl::Duration> intended_offsets;

  // `usual`: of guests without a group, or of one that is not named here.
  GuestPolicy Of(const Domain& domain, const Thresholds& usual) const;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_GUEST_POLICIES_H_
