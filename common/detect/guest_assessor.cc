#include "common/detect/guest_assessor.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// A date before this was never set: 2000-01-01.
constexpr absl::Duration kUnsetBefore = absl::Seconds(946'684'800);

// Real-time clocks hold whole seconds and drift while the machine is off.
constexpr absl::Duration kRtcTolerance = absl::Seconds(2);
constexpr absl::Duration kQuarterHour = absl::Minutes(15);
// The processors of a guest that disagreed and did so no more for this long
// are taken to agree.
constexpr absl::Duration kQuiet = absl::Minutes(1);

// An offset this large is no chance companion of a size that wraps come from,
// even when the clock was off by the warning threshold before.
constexpr absl::Duration kLargeOffset = absl::Minutes(1);

// Bytes of an error's text.
constexpr size_t kMostNote = 240;

// Time zones reach from -12 h to +14 h.
constexpr int64_t kMostQuarterHours = 14 * 4;

// The offset is one whole number of quarter hours, and could be no other.
bool IsTimeZone(const Interval& offset) {
  if (offset.WidenedBy(kRtcTolerance).Width() >= kQuarterHour) return false;
  const int64_t quarters =
      std::llround(absl::FDivDuration(offset.Middle(), kQuarterHour));
  return quarters != 0 && std::abs(quarters) <= kMostQuarterHours &&
         offset.WidenedBy(kRtcTolerance).Contains(kQuarterHour * quarters);
}

// What leaps come from and calendars do not.
const Signature* WrapThatFits(const Interval& offset,
                              const Thresholds& thresholds) {
  const Interval reach = offset.LeastMagnitude() > kLargeOffset
                             ? offset.WidenedBy(thresholds.warning)
                             : offset;
  const Signature* signature = MatchSignature(reach);
  return signature != nullptr && signature->arithmetic ? signature : nullptr;
}

bool IsTrouble(Verdict verdict) {
  return verdict == Verdict::kWrong || verdict == Verdict::kDiffers;
}

}  // namespace

GuestAssessor::GuestAssessor(const AssessorOptions& options)
    : rate_warning_ppm_(options.rate_warning_ppm),
      keep_findings_(options.keep_findings),
      tracker_(options.tracker),
      judge_(options.tracker.thresholds) {
  policy_.thresholds = options.tracker.thresholds;
}

void GuestAssessor::SetPolicy(const GuestPolicy& policy, MonotonicTime now) {
  const bool same = policy.thresholds.warning == policy_.thresholds.warning &&
                    policy.thresholds.fault == policy_.thresholds.fault &&
                    policy.intended_offset == policy_.intended_offset;
  policy_ = policy;
  judge_.Begin(now);
  if (same) return;
  judge_.SetAllowed(policy.thresholds, policy.intended_offset);
  tracker_.SetThresholds(policy.thresholds);
}

bool GuestAssessor::OnExchange(const Exchange& exchange) {
  GuestTracker::Result result = tracker_.OnExchange(exchange);
  if (result.dropped) return false;
  const MonotonicTime now =
      MonotonicTime::FromReading(exchange.host_received.monotonic);
  EndSilence(now);
  if (result.rebooted) {
    wide_.Forget();
    rate_claim_.reset();
    judge_.OnReboot(now);
    findings_.EndMovements(now);
    glitches_ = GlitchFindings();
    findings_.End(FindingCode::kRateFault, now);
    findings_.End(FindingCode::kSlewing, now);
    findings_.End(FindingCode::kTwoMasters, now);
    two_masters_.Forget();
    findings_.End(FindingCode::kVcpuDisagreement, now);
    findings_.End(FindingCode::kClockUnset, now);
    offset_.reset();
    seen_right_or_to_move_ = false;
    host_step_.reset();
  }
  wide_.OnExchange(exchange);
  Record(result.findings);
  NoteHunt(exchange.guest, now);
  return result.suspicious;
}

bool GuestAssessor::OnBurstEnd(const HostView& host, MonotonicTime now) {
  GuestTracker::BurstResult burst = tracker_.EndBurst();
  wide_.OnBurstEnd(now);
  Record(burst.findings);
  HoldConditions(now);
  findings_.Expire(now, keep_findings_);
  if (!burst.offset.has_value()) return false;
  offset_ = burst.offset;
  measured_ = burst.measured;
  host_bound_ = host.proven;
  const Verdict before = judge_.verdict();
  judge_.OnOffset(*offset_, host, now);
  judge_.ExplainWidth(wide_.reason());
  news_ |= judge_.verdict() != before;
  if (judge_.verdict() == Verdict::kOk) {
    findings_.EndMovements(now);
    seen_right_or_to_move_ = true;
    host_step_.reset();
  }
  HoldCause(now);
  return judge_.wants_confirmation();
}

void GuestAssessor::OnNoAgent(std::string_view note, MonotonicTime now) {
  HoldSilence(FindingCode::kNoAgent, note, now);
  judge_.OnNoData("no agent", now);
}

void GuestAssessor::OnUnreachable(std::string_view note, MonotonicTime now) {
  HoldSilence(FindingCode::kAgentUnreachable, note, now);
  judge_.OnNoData("the agent does not answer", now);
}

void GuestAssessor::OnUntrusted(std::string_view note, MonotonicTime now) {
  HoldSilence(FindingCode::kAgentUntrusted, note, now);
  judge_.OnNoData("the agent's answers make no sense", now);
}

void GuestAssessor::OnPaused(MonotonicTime now) {
  if (judge_.verdict() == Verdict::kSuspended && judge_.reason() == "paused") {
    return;
  }
  judge_.OnSuspend("paused", now);
  news_ = true;
}

void GuestAssessor::OnHostStepped(const Interval& step, bool leap_second,
                                  MonotonicTime now) {
  host_step_ = host_step_.has_value() ? *host_step_ + step : step;
  // What was measured against the old mark is no offset from the new one.
  offset_.reset();
  tracker_.ForgetOffsets();
  if (!leap_second && judge_.verdict() != Verdict::kUnknown) {
    judge_.OnSuspend("host-stepped", now);
  }
  news_ = true;
}

std::optional<DriftEstimate> GuestAssessor::drift() const {
  const Verdict now = judge_.verdict();
  if (now == Verdict::kUnknown || now == Verdict::kSuspended) {
    return std::nullopt;
  }
  return tracker_.drift();
}

std::optional<Interval> GuestAssessor::until_warning() const {
  const std::optional<DriftEstimate> going = drift();
  if (!going.has_value() || !offset_.has_value()) return std::nullopt;
  return TimeToThreshold(*offset_, policy_.intended_offset,
                         policy_.thresholds.warning, going->bar);
}

bool GuestAssessor::TakeNews() { return std::exchange(news_, false); }

void GuestAssessor::Record(const std::vector<Finding>& findings) {
  for (const Finding& told : findings) {
    if (told.code == FindingCode::kRateFault) {
      ClaimRate({*told.rate, told.window_end, told.last_seen});
      continue;
    }
    if (told.code == FindingCode::kCounterJump ||
        told.code == FindingCode::kStoodStill) {
      two_masters_.Forget();
    }
    Finding finding = told;
    if (finding.code == FindingCode::kClockSet ||
        finding.code == FindingCode::kCounterJump ||
        finding.code == FindingCode::kStoodStill) {
      // A small one is told, and is over as it is told.
      finding.active = finding.severity != Severity::kInfo;
      if (finding.active) {
        seen_right_or_to_move_ = true;
        host_step_.reset();
      }
    }
    news_ = true;
    findings_.Record(finding);
  }
}

void GuestAssessor::NoteHunt(const GuestReading& guest, MonotonicTime now) {
  hunt_.reset();
  if (!guest.hunt.has_value()) return;
  hunt_.emplace();
  hunt_->reads = guest.hunt->reads;
  hunt_->glitches = guest.hunt->glitches;
  Record(glitches_.OnReport(*guest.hunt, guest.sent.boottime, now));
}

void GuestAssessor::HoldConditions(MonotonicTime now) {
  UpdateRateClaim();
  if (!rate_claim_.has_value()) findings_.End(FindingCode::kRateFault, now);

  if (tracker_.slew().has_value()) {
    Finding finding;
    finding.code = FindingCode::kSlewing;
    finding.severity = Severity::kInfo;
    finding.first_seen = finding.last_seen = now;
    finding.rate = tracker_.slew();
    HoldCondition(finding);
  } else {
    findings_.End(FindingCode::kSlewing, now);
  }

  HoldTwoMasters(now);

  if (findings_.IsActive(FindingCode::kVcpuDisagreement) &&
      now - findings_.Find(FindingCode::kVcpuDisagreement)->last_seen >
          kQuiet) {
    findings_.End(FindingCode::kVcpuDisagreement, now);
  }
}

// What was proven again and again without a pause is proven over all the time
// of it; the latest of it is enough.
void GuestAssessor::ClaimRate(const ProvenRate& proven) {
  if (!rate_claim_.has_value()) rate_claimed_since_ = proven.end;
  const absl::Duration baseline = tracker_.options().rate_baseline;
  ProvenRate claim = proven;
  if (rate_claim_.has_value() && rate_claim_->begin < proven.begin &&
      proven.begin - rate_claim_->end < baseline / 4) {
    claim.begin = std::max(rate_claim_->begin, proven.end - baseline);
  }
  rate_claim_ = claim;
}

// Claimed when two baselines prove it, and until one denies it.
void GuestAssessor::UpdateRateClaim() {
  const RateEstimates& rates = tracker_.rates();
  const std::optional<ProvenRate> steady = rates.steady();
  if (rates.IsBelow(rate_warning_ppm_)) {
    rate_claim_.reset();
  } else if (steady.has_value() &&
             steady->rate.LeastMagnitude() > rate_warning_ppm_ &&
             (!rate_claim_.has_value() || rate_claim_->end < steady->end)) {
    ClaimRate(*steady);
  }
}

bool GuestAssessor::Contradicts(const ProvenRate& claim) const {
  return !rate_claim_.has_value() && tracker_.rates().Contradicts(claim);
}

void GuestAssessor::JudgeRate(RateBlame blame, MonotonicTime now) {
  if (blame == RateBlame::kOpen || !rate_claim_.has_value()) return;
  Finding finding;
  finding.code = FindingCode::kRateFault;
  const double certain = rate_claim_->rate.LeastMagnitude();
  finding.severity =
      certain * 1000 > static_cast<double>(tracker_.options().rho)
          ? Severity::kFault
          : Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.rate = rate_claim_->rate;
  // Over the longest time, which bounds it best.
  const std::optional<RateInterval> rate = tracker_.rates().rate();
  if (rate.has_value() && rate->LeastMagnitude() > rate_warning_ppm_) {
    finding.rate = rate;
  }
  HoldOrEnd(blame == RateBlame::kGuest, finding, now);
}

void GuestAssessor::HoldTwoMasters(MonotonicTime now) {
  if (tracker_.local().has_value() && !tracker_.suspicious()) {
    two_masters_.Add(*tracker_.local());
  }
  const std::optional<TwoMasters::Swings> swings = two_masters_.swings(now);
  Finding finding;
  finding.code = FindingCode::kTwoMasters;
  finding.first_seen = finding.last_seen = now;
  if (swings.has_value()) {
    finding.severity = std::max(
        Severity::kWarning,
        SeverityOf(Interval::Exactly(swings->widest), policy_.thresholds));
    finding.window_begin = swings->first;
    finding.window_end = swings->last;
    finding.note = absl::StrCat(swings->turns, " turns, the widest of ",
                                FormatSeconds(swings->widest));
  }
  HoldOrEnd(swings.has_value(), finding, now);
}

// What makes the guest wrong, where no movement was seen to make it so.
void GuestAssessor::HoldCause(MonotonicTime now) {
  const bool trouble = IsTrouble(judge_.verdict());
  const Thresholds& thresholds = policy_.thresholds;
  Finding finding;
  finding.first_seen = finding.last_seen = now;

  finding.code = FindingCode::kClockUnset;
  finding.severity = Severity::kFault;
  finding.size = offset_;
  const bool unset = trouble && tracker_.realtime() < kUnsetBefore;
  HoldOrEnd(unset, finding, now);

  const bool left_behind = trouble && host_step_.has_value() &&
                           (*offset_ + *host_step_)
                               .Meets(Interval::Exactly(policy_.intended_offset)
                                          .WidenedBy(thresholds.warning));
  finding.code = FindingCode::kLeftBehindByHostStep;
  finding.severity =
      left_behind ? SeverityOf(*host_step_, thresholds) : Severity::kInfo;
  finding.size = host_step_;
  HoldOrEnd(left_behind, finding, now);

  const bool unexplained =
      trouble && !left_behind && !unset && !seen_right_or_to_move_;
  const bool zone = unexplained && IsTimeZone(*offset_);
  finding.code = FindingCode::kRtcLocalTime;
  finding.severity = SeverityOf(*offset_, thresholds);
  finding.size = offset_;
  finding.signature = zone ? MatchSignature(*offset_) : nullptr;
  HoldOrEnd(zone, finding, now);

  // Nobody saw it come, so it is no finding; yet the size says something.
  const Signature* wrap = WrapThatFits(*offset_, thresholds);
  if (unexplained && !zone && wrap != nullptr) {
    judge_.Explain(absl::StrCat("it was so at the first reading; the size is ",
                                wrap->name, " (", wrap->meaning, ")"));
  }
}

void GuestAssessor::HoldOrEnd(bool holds, const Finding& finding,
                              MonotonicTime now) {
  if (holds) {
    HoldCondition(finding);
  } else {
    findings_.End(finding.code, now);
  }
}

void GuestAssessor::HoldCondition(const Finding& finding) {
  news_ |= !findings_.IsActive(finding.code);
  findings_.Hold(finding);
}

void GuestAssessor::HoldSilence(FindingCode code, std::string_view note,
                                MonotonicTime now) {
  for (const FindingCode other :
       {FindingCode::kNoAgent, FindingCode::kAgentUnreachable,
        FindingCode::kAgentUntrusted}) {
    if (other != code) findings_.End(other, now);
  }
  Finding finding;
  finding.code = code;
  finding.severity = Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.note = Cut(note, kMostNote);
  HoldCondition(finding);
}

void GuestAssessor::EndSilence(MonotonicTime now) {
  findings_.End(FindingCode::kNoAgent, now);
  findings_.End(FindingCode::kAgentUnreachable, now);
  findings_.End(FindingCode::kAgentUntrusted, now);
}

size_t GuestAssessor::Bytes() const {
  return sizeof(*this) + tracker_.HeapBytes() + findings_.Bytes() +
         judge_.reason().capacity() + wide_.reason().capacity() +
         policy_.name.capacity();
}

}  // namespace noonmark
