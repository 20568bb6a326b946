#ifndef NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_
#define NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding_log.h"
#include "common/detect/glitch_finding.h"
#include "common/detect/guest_life.h"
#include "common/detect/guest_tracker.h"
#include "common/detect/leap_blame.h"
#include "common/detect/rate_blame.h"
#include "common/detect/set_alike.h"
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
  // What libvirt told of it: it changes no verdict, and explains.
  void OnLifecycle(LifeEvent event, MonotonicTime at);
  // What Xen says of its counter, when the agent described it.
  void OnTsc(const TscIdentity& tsc, MonotonicTime at);
  // Since when libvirt's events are heard. Absent: they are not.
  void OnListening(std::optional<MonotonicTime> since) { listening_ = since; }

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
  // It is in a file, and no verdict over it is owed.
  bool saved() const { return life_ != nullptr && life_->saved(); }
  // libvirt let it run again then, after it was paused, saved or moved: a clock
  // is not corrected so soon after, since its own daemon or the hypervisor may
  // be about to. Absent: never, or it is paused.
  std::optional<MonotonicTime> resumed() const {
    return life_ == nullptr ? std::nullopt : life_->resumed();
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
  // goes on drifting as drift() says; see TimeToThreshold().
  std::optional<Interval> UntilWarning(
      const std::optional<DriftEstimate>& drift) const;
  // Its counter was proven to run off from the host's. Null: it was not. It
  // is no finding before JudgeRate() says whose counter it is.
  const ProvenRate* rate_claim() const {
    return rate_claim_ == nullptr ? nullptr : &rate_claim_->proven;
  }
  // Only with a claim.
  MonotonicTime rate_claimed_since() const { return rate_claim_->since; }
  // It seems that its counter leapt against the host's; its burst decides.
  bool suspects_counter() const { return tracker_.suspects_counter(); }
  // Its counter leapt against the host's, and nobody could tell yet which of
  // the two it was. Nothing is said of it before JudgeLeap(), and nothing of
  // the offset that it made.
  std::optional<SeenLeap> open_leap() const;
  // Only with an open leap.
  MonotonicTime leapt_since() const { return held_->since; }
  // kOpen: waits on. The guest's, for `alibi`: `host` is for the offset.
  void JudgeLeap(LeapBlame blame, HostAlibi alibi, const HostView& host,
                 MonotonicTime now);
  // The last leap of its counter, whosever it was. Null: none.
  const SeenLeap* last_leap() const {
    return last_leap_ == nullptr ? nullptr : &last_leap_->leap;
  }
  // Its counter was compared with the host's before `leap` and after it, and
  // did not move so.
  bool DidNotMove(const SeenLeap& leap) const;
  // Leaps of its counter wait for JudgeLeap(): the host has so many other
  // guests that can tell whose they are.
  void SetOthers(size_t others) { others_ = others; }
  // Its own counter runs soundly; see RateWitness::sound.
  bool Contradicts(const ProvenRate& claim) const;
  bool LeansWith(const ProvenRate& claim) const {
    return tracker_.rates().LeansWith(claim);
  }
  void JudgeRate(RateBlame blame, MonotonicTime now);
  // That its clock was set, as it is told. Absent: it was not.
  std::optional<SeenSet> last_set() const;
  // True, once: it was set since.
  bool TakeSet() { return std::exchange(was_set_, false); }
  // So many of its host's guests were set as it was.
  void NoteSetAlike(const SetAlike& alike);
  std::vector<Finding> findings() const { return findings_.Ordered(); }
  // What the guest's hunter said last, without the glitches' readings, which
  // are in the findings. Absent: it has none running.
  const std::optional<HuntReport>& hunt() const { return hunt_; }
  // What its logs said last of time jumps: hints, and no proof. Absent: the
  // agent reads none.
  const std::optional<JumpReport>& logs() const { return logs_; }
  // True once after something that a person would want to see at once.
  bool TakeNews();
  // All that is kept of the guest here; at most 5 KiB, whatever it answers,
  // and 6 KiB while something is suspected.
  size_t Bytes() const;

 private:
  Standing standing() const { return {offset_, measured_, rate()}; }
  void NoteMove(const std::optional<Finding>& migrated);
  void CompleteMove();
  // What waits for a word of whose counter leapt.
  struct HeldLeap {
    Finding leap;
    MonotonicTime since;
    // The last two bursts' offsets: as many as a verdict takes.
    struct Offset {
      Interval value;
      MonotonicTime measured;
    };
    std::vector<Offset> offsets;
  };
  struct LastLeap {
    SeenLeap leap;
    // There was no other since.
    MonotonicTime calm_before;
  };
  struct RateClaim {
    ProvenRate proven;
    MonotonicTime since;
  };
  void Record(const std::vector<Finding>& findings);
  void RecordMovement(Finding finding);
  bool HoldLeap(const Finding& leap);
  bool AwaitsNextBurst(MonotonicTime now) const;
  bool Judge(const Interval& offset, MonotonicTime measured,
             const HostView& host, MonotonicTime now);
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
  // Absent: nobody judges its leaps, and all are told at once.
  std::optional<size_t> others_;
  // What few guests have, null where there is none.
  std::unique_ptr<HeldLeap> held_;
  std::unique_ptr<LastLeap> last_leap_;
  std::unique_ptr<RateClaim> rate_claim_;
  // What was so before then is denied.
  MonotonicTime rate_denied_;
  FindingLog findings_;
  GlitchFindings glitches_;
  std::optional<HuntReport> hunt_;
  std::optional<JumpReport> logs_;
  std::optional<Interval> offset_;
  MonotonicTime measured_;
  std::optional<absl::Duration> host_bound_;
  GuestPolicy policy_;
  // Null: libvirt told nothing of it yet.
  std::unique_ptr<GuestLife> life_;
  std::optional<MonotonicTime> listening_;
  // What the offset comes from was seen, or could have been.
  bool seen_right_or_to_move_ = false;
  // The host's steps since the guest last moved by itself. Null: none.
  std::unique_ptr<Interval> host_step_;
  bool news_ = false;
  bool was_set_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_ASSESSOR_H_
