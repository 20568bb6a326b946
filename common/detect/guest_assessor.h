#ifndef NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_
#define NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding_log.h"
#include "common/detect/glitch_finding.h"
#include "common/detect/guest_tracker.h"
#include "common/detect/rate_blame.h"
#include "common/detect/two_masters.h"
#include "common/detect/verdict.h"
#include "common/detect/wide_bound.h"
#include "common/estimate/exchange.h"

namespace noonmark {

struct AssessorOptions {
  TrackerOptions tracker;
  // A rate that a time daemon should not have to mend.
  double rate_warning_ppm = 100;
  // How long a finding that is over is still told.
  absl::Duration keep_findings = absl::Hours(24);
};

// All that is thought of one guest: what moved, its findings, the verdict.
// Pure: exchanges, events and times go in. O(1) in time and in memory.
class GuestAssessor {
 public:
  explicit GuestAssessor(const AssessorOptions& options);

  // How it is judged from now on; told again, it changes nothing.
  void SetPolicy(const GuestPolicy& policy, MonotonicTime now);
  const GuestPolicy& policy() const { return policy_; }

  // A new connection to the agent; see Exchange::stream.
  void OnNewStream(uint64_t stream) { tracker_.OnNewStream(stream); }

  // True: something is suspected, ask a burst at once.
  bool OnExchange(const Exchange& exchange);

  // The answers to a burst are in. True: ask another at once to confirm.
  bool OnBurstEnd(const HostView& host, MonotonicTime now);

  // No usable data, and why.
  void OnNoAgent(std::string_view note, MonotonicTime now);
  void OnUnreachable(std::string_view note, MonotonicTime now);
  void OnUntrusted(std::string_view note, MonotonicTime now);

  // The hypervisor paused the guest.
  void OnPaused(MonotonicTime now);

  // The host's REALTIME was set by `step`: no word about any guest, and no
  // judging until the host is right for sure; a leap second is right.
  void OnHostStepped(const Interval& step, bool leap_second, MonotonicTime now);
  // The host's counter stood still: no old comparison holds.
  void OnHostSlept() { tracker_.ForgetComparisons(); }

  Verdict verdict() const { return judge_.verdict(); }
  std::string_view reason() const { return judge_.reason(); }
  MonotonicTime verdict_since() const { return judge_.since(); }
  const std::optional<MonotonicTime>& unjudged_since() const {
    return judge_.unjudged_since();
  }
  // Guest REALTIME minus host REALTIME at `measured`. Absent: never.
  const std::optional<Interval>& offset() const { return offset_; }
  MonotonicTime measured() const { return measured_; }
  // How far the host itself was proven to be from UTC then. Absent: it was not.
  const std::optional<absl::Duration>& host_bound() const {
    return host_bound_;
  }
  std::optional<RateInterval> rate() const { return tracker_.rates().rate(); }
  // How the offset changes. Absent: not known yet, or there is no judging.
  std::optional<DriftEstimate> drift() const;
  // How long after measured() the offset reaches the warning threshold, if it
  // goes on drifting so; see TimeToThreshold().
  std::optional<Interval> until_warning() const;
  // Its counter was proven to run off from the host's. Absent: it was not. It
  // is no finding before JudgeRate() says whose counter it is.
  const std::optional<ProvenRate>& rate_claim() const { return rate_claim_; }
  // Only with a claim.
  MonotonicTime rate_claimed_since() const { return rate_claimed_since_; }
  // Its own counter runs soundly; see RateWitness::sound.
  bool Contradicts(const ProvenRate& claim) const;
  void JudgeRate(RateBlame blame, MonotonicTime now);
  std::vector<Finding> findings() const { return findings_.Ordered(); }
  // What the guest's hunter said last, without the glitches' readings, which
  // are in the findings. Absent: it has none running.
  const std::optional<HuntReport>& hunt() const { return hunt_; }
  // True once after something that a person would want to see at once.
  bool TakeNews();
  // All that is kept of the guest here; at most 5 KiB, whatever it answers,
  // and 6 KiB while something is suspected.
  size_t Bytes() const;

 private:
  void Record(const std::vector<Finding>& findings);
  void NoteHunt(const GuestReading& guest, MonotonicTime now);
  void HoldConditions(MonotonicTime now);
  void HoldTwoMasters(MonotonicTime now);
  void ClaimRate(const ProvenRate& proven);
  void UpdateRateClaim();
  void HoldCause(MonotonicTime now);
  void HoldOrEnd(bool holds, const Finding& finding, MonotonicTime now);
  void HoldCondition(const Finding& finding);
  void HoldSilence(FindingCode code, std::string_view note, MonotonicTime now);
  void EndSilence(MonotonicTime now);

  double rate_warning_ppm_;
  absl::Duration keep_findings_;
  GuestTracker tracker_;
  VerdictJudge judge_;
  TwoMasters two_masters_;
  WideBound wide_;
  std::optional<ProvenRate> rate_claim_;
  MonotonicTime rate_claimed_since_;
  FindingLog findings_;
  GlitchFindings glitches_;
  std::optional<HuntReport> hunt_;
  std::optional<Interval> offset_;
  MonotonicTime measured_;
  std::optional<absl::Duration> host_bound_;
  GuestPolicy policy_;
  // What the offset comes from was seen, or could have been.
  bool seen_right_or_to_move_ = false;
  // The host's steps since the guest last moved by itself.
  std::optional<Interval> host_step_;
  bool news_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_
