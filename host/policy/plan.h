#ifndef NOONMARK_HOST_POLICY_PLAN_H_
#define NOONMARK_HOST_POLICY_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/order.h"
#include "common/detect/finding.h"
#include "common/detect/verdict.h"
#include "common/estimate/drift.h"
#include "common/estimate/interval.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"
#include "host/policy/agreement.h"
#include "host/policy/mail_cost.h"
#include "host/policy/rail.h"

namespace noonmark {

// How a guest's clock is put right.
enum class PlanWay : uint8_t {
  kLeave,         // it is right, or not proven to be wrong
  kDelegate,      // the guest's own time daemon is at it
  kStep,          // forward, at once; mail runs on
  kSlew,          // slowly; mail runs on
  kQuiescedStep,  // at once, while mail rests
  kRefuse,        // something is against it, see the objections
};

// Kebab-case and stable: "quiesced-step".
std::string_view PlanWayName(PlanWay way);

// Limits of plans; configuration, and never above what the guest allows
// (CorrectionLimits).
struct PlanLimits {
  // An offset beyond it is a person's affair.
  absl::Duration cap = absl::Hours(24);
  // Back by at most so much is slewed: 15 min at 500 ppm.
  absl::Duration slew_max = absl::Milliseconds(450);
  // How long services may rest.
  absl::Duration lease = absl::Seconds(120);
  // A step back by at most so much is waited for with mail at rest, so that no
  // time is shown twice. Zero: never.
  absl::Duration hold_max;
  // Forward by at most so much needs no word, and then no rest.
  absl::Duration forward_at_once = absl::Seconds(10);
  absl::Duration forward_unquiesced = absl::Seconds(100);
  // What is to agree, over how long, before a measurement is acted on.
  int samples = 3;
  absl::Duration samples_over = absl::Seconds(30);
  // From a guest's resume on.
  absl::Duration after_unpause = absl::Seconds(60);
  // How long a time daemon is given to notice and to slew what is small.
  absl::Duration daemon_patience = absl::Minutes(30);
};

// All that a plan leans on.
struct PlanFacts {
  Verdict verdict = Verdict::kUnknown;
  std::string reason;  // of the verdict
  MonotonicTime verdict_since;
  // Guest REALTIME minus host REALTIME; absent: never measured.
  std::optional<Interval> offset;
  GuestPolicy policy;
  std::vector<Finding> findings;
  std::optional<DriftEstimate> drift;
  Agreement agreement;
  // When it ran again after its last pause. Absent: none is known.
  std::optional<MonotonicTime> unpaused;

  // How far the host may be from UTC, and whether that is the operator's word.
  HostView host;
  bool declared = false;
  // The host's REALTIME, since 1970-01-01 UTC.
  absl::Duration host_realtime;

  // What the guest's kernel says of its discipline. Absent: not told.
  std::optional<KernelDiscipline> discipline;
  // The guest's listed services. Absent: its agent takes no orders; why.
  std::optional<std::vector<ServiceStatus>> services;
  std::string takes_no_orders;
};

// What is to be done about one guest's clock, and all of why.
struct Plan {
  PlanWay way = PlanWay::kRefuse;
  // What it would be without the objections; else as `way`.
  PlanWay otherwise = PlanWay::kRefuse;
  // By how much REALTIME is moved, or would be; > 0: forward. Zero where no way
  // moves it.
  absl::Duration amount;
  // Sentences, the most important first; never empty.
  std::vector<std::string> reasons;
  // Empty unless the way is kRefuse.
  std::vector<Objection> objections;
  MailCost cost;
  // What a person should know before, a sentence each.
  std::vector<std::string> warnings;
  // What else on the guest may mind: "cron: jobs of ...".
  std::vector<std::string> side_effects;

  // Something is done to the clock.
  bool Moves() const {
    return way == PlanWay::kStep || way == PlanWay::kSlew ||
           way == PlanWay::kQuiescedStep;
  }
};

// Pure: the same facts, limits and time give the same plan. Of no facts
// whatever does it
//   step back without bringing services to rest,
//   move the clock by more than the cap,
//   move it while the offset is not proven to be outside of what is allowed,
//   or stay silent about why.
// It knows nothing of modes, budgets and slots: see rails.h.
Plan MakePlan(const PlanFacts& facts, const PlanLimits& limits,
              MonotonicTime now);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_PLAN_H_
