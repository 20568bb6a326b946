#ifndef NOONMARK_HOST_MONITOR_CORRECTION_VIEW_H_
#define NOONMARK_HOST_MONITOR_CORRECTION_VIEW_H_

#include <map>
#include <memory>
#include <string>

#include "common/correct/host_act.h"
#include "common/time/monotonic_time.h"
#include "host/policy/correction_policy.h"
#include "host/policy/rails.h"

namespace noonmark {

// One operation of a guest, under way or over.
struct OperationView {
  HostPlan plan;
  HostProgress progress;
  Initiator initiator = Initiator::kItself;
  MonotonicTime begun;
  bool over = false;
  MonotonicTime ended;  // only if over
};

// How corrections stand on a host, as published with a snapshot. Never changes:
// a new one takes its place.
struct CorrectionView {
  std::shared_ptr<const CorrectionPolicies> policies;
  Rails rails{RailLimits()};
  // Of each guest the one under way, else the last; by UUID.
  std::map<std::string, OperationView> operations;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_CORRECTION_VIEW_H_
