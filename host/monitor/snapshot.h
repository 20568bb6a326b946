#ifndef NOONMARK_HOST_MONITOR_SNAPSHOT_H_
#define NOONMARK_HOST_MONITOR_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/order.h"
#include "common/detect/finding.h"
#include "common/detect/guest_facts.h"
#include "common/detect/verdict.h"
#include "common/estimate/drift.h"
#include "common/estimate/interval.h"
#include "common/estimate/jump_report.h"
#include "common/estimate/rate.h"
#include "common/time/monotonic_time.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/correction_view.h"
#include "host/policy/agreement.h"

namespace noonmark {

// One guest as it was seen at one moment. Never changes: a new row takes its
// place.
struct GuestRow {
  Domain domain;
  Verdict verdict = Verdict::kUnknown;
  std::string reason;
  MonotonicTime verdict_since;
  // Guest REALTIME minus host REALTIME at `measured`.
  std::optional<Interval> offset;
  MonotonicTime measured;
  // How far the host itself was proven to be from UTC then.
  std::optional<absl::Duration> host_bound;
  GuestPolicy policy;
  std::optional<RateInterval> rate;  // of the counters
  std::optional<DriftEstimate> drift;
  // From `measured` on, until the offset is worth a warning.
  std::optional<Interval> until_warning;
  std::vector<Finding> findings;
  std::shared_ptr<const GuestFacts> facts;  // null: never told
  uint64_t exchanges = 0;
  // Reads and glitches alone; absent: no hunter runs there.
  std::optional<HuntReport> hunt;
  // What its logs said of time jumps; absent: the agent reads none.
  std::optional<JumpReport> logs;
  // How many measurements in a row agree, and over how long.
  Agreement agreement;
  // When it ran again after its last pause. Absent: none was seen.
  std::optional<MonotonicTime> unpaused;
  // What its agent told last of its services and its last operation. Null: it
  // takes no orders over this connection, or was not asked yet; why, for
  // people, is in `takes_no_orders`.
  std::shared_ptr<const OperationStatus> operation;
  std::string takes_no_orders;
};

// A host and its guests, as published for whoever asks.
struct HostSnapshot {
  std::string name;
  bool declared = false;
  // Proven; absent: nothing proves the host.
  std::optional<absl::Duration> bound;
  std::string trust_reason;
  // What verdicts lean on.
  HostView view;
  std::vector<Finding> findings;
  std::string libvirt_uri;
  std::string libvirt_error;  // empty: connected
  // In the order of their names, then of their UUIDs.
  std::vector<std::shared_ptr<const GuestRow>> guests;
  // Null: nobody corrects here.
  std::shared_ptr<const CorrectionView> correction;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_SNAPSHOT_H_
