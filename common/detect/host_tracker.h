#ifndef NOONMARK_COMMON_DETECT_HOST_TRACKER_H_
#define NOONMARK_COMMON_DETECT_HOST_TRACKER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding_log.h"
#include "common/detect/host_bound.h"
#include "common/detect/leap_blame.h"
#include "common/detect/local_line.h"
#include "common/detect/reading_gaps.h"
#include "common/detect/verdict.h"
#include "common/estimate/interval.h"
#include "common/estimate/rate.h"
#include "common/time/clock.h"

namespace noonmark {

// How a host is trusted; configuration.
enum class HostTrust {
  kProven,    // as far as the kernel's or the time daemon's bound says
  kDeclared,  // the operator says that it is right
};

// How many guests may be without a verdict.
struct UnjudgedBudget {
  // Of all guests of the host, in percent.
  int percent = 10;
  // Those that are without for longer count.
  absl::Duration after = absl::Minutes(15);
};

struct HostOptions {
  HostTrust trust = HostTrust::kProven;
  // After a step of the host nobody is judged for this long, unless a bound
  // proves the host earlier.
  absl::Duration hold_after_step = absl::Minutes(5);
  Thresholds thresholds;
  UnjudgedBudget unjudged;
};

// Watches the mark itself by differences of its own clocks, at 10 Hz and with
// every exchange. No reading of a clock here: they come in.
class HostTracker {
 public:
  explicit HostTracker(const HostOptions& options) : options_(options) {}

  struct Result {
    // REALTIME was set by this much.
    std::optional<Interval> stepped;
    // It was the kernel's leap second; guests do it by themselves.
    bool leap_second = false;
    // The host slept: its counters stood still, all comparisons are void.
    bool slept = false;
  };
  // Readings that are older than the last are passed over, and such as no
  // clock can give.
  Result OnReading(const ClockReading& reading);

  // chronyd's last answer; counts from the next OnDiscipline() on.
  void OnChrony(ChronyReport report);

  // What the kernel says of its discipline, about once a second and right
  // after a step. Absent: not readable. The better counts of its bound and of
  // chronyd's.
  void OnDiscipline(const std::optional<KernelDiscipline>& discipline,
                    MonotonicTime now);

  // These of its `guests` are without a verdict for longer than the budget's
  // time.
  void OnUnjudged(std::vector<std::string> names, size_t guests,
                  MonotonicTime now);

  // So many of its `guests` run off at rates that blame the host's counter.
  void OnSharedRate(const std::vector<RateInterval>& rates, size_t guests,
                    MonotonicTime now);

  // The guests show that its counter leapt: by `leap.size`, and with it all its
  // clocks. So many of them do so far.
  void OnCounterLeap(const SeenLeap& leap, size_t alike, MonotonicTime now);

  // Its own readings show that its counter did not leap by that. Of a leap
  // back they show nothing: it may have stood still.
  bool DidNotLeap(const SeenLeap& leap) const;

  // What verdicts lean on now.
  HostView View(MonotonicTime now) const;
  bool declared() const { return options_.trust == HostTrust::kDeclared; }
  // How far the host may be from UTC now, whatever was declared. Absent:
  // nothing proves it.
  std::optional<absl::Duration> ProvenBound(MonotonicTime now) const;
  // Why it is proven or not, for people.
  const std::string& trust_reason() const { return trust_reason_; }
  const FindingLog& findings() const { return findings_; }
  void Expire(MonotonicTime now, absl::Duration keep) {
    findings_.Expire(now, keep);
  }

 private:
  void NoteChronyIsLate();
  HostBoundOrReason ChronyBound(MonotonicTime now) const;

  HostOptions options_;
  std::optional<LocalReading> last_;
  ReadingGaps gaps_;
  LeapState leap_;
  // Readings in a row that no clock can give.
  int misreads_ = 0;
  std::optional<HostBound> bound_;
  std::string trust_reason_ = "not read yet";
  std::optional<MonotonicTime> unproven_since_;
  // Set by a step; ends by proof or by time.
  std::optional<MonotonicTime> stepped_at_;
  bool proven_since_step_ = true;
  // Its counter leapt, which its kernel knows nothing of: what that says of its
  // clock, and what was declared, is void until chronyd measured since or the
  // clock was set.
  bool leapt_ = false;
  std::optional<ChronyReport> chrony_;
  // chronyd knows nothing of the last step yet: this was its last measurement
  // then; absent: not known.
  bool chrony_is_late_ = false;
  std::optional<absl::Duration> measured_before_step_;
  FindingLog findings_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_HOST_TRACKER_H_
