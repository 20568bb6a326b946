#include "common/detect/guest_assessor.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace noonmark {
namespace {

// A date before this was never set: 2000-01-01.
constexpr absl::Duration kUnsetBefore = absl::Seconds(946'684'800);

// Real-time clocks hold whole seconds and drift while the machine is off.
constexpr absl::Duration kRtcTolerance = absl::Seconds(2);
constexpr absl::Duration kQuarterHour = absl::Minutes(15);
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

bool IsTrouble(Verdict verdict) {
  return verdict == Verdict::kWrong || verdict == Verdict::kDiffers;
}

}  // namespace

GuestAssessor::GuestAssessor(const AssessorOptions& options)
    : options_(options),
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
    judge_ = VerdictJudge(policy_.thresholds);
    judge_.SetAllowed(policy_.thresholds, policy_.intended_offset);
    judge_.OnNoData("rebooted; not measured yet", now);
    findings_.EndMovements();
    findings_.End(FindingCode::kRateFault, now);
    findings_.End(FindingCode::kSlewing, now);
    offset_.reset();
    seen_to_move_ = false;
    host_step_.reset();
  }
  Record(std::move(result.findings));
  return result.suspicious;
}

bool GuestAssessor::OnBurstEnd(const HostView& host, MonotonicTime now) {
  GuestTracker::BurstResult burst = tracker_.EndBurst();
  Record(std::move(burst.findings));
  HoldConditions(now);
  findings_.Expire(now, options_.keep_findings);
  if (!burst.offset.has_value()) return false;
  offset_ = burst.offset;
  measured_ = burst.measured;
  host_bound_ = host.proven;
  const Verdict before = judge_.verdict();
  judge_.OnOffset(*offset_, host, now);
  news_ |= judge_.verdict() != before;
  if (judge_.verdict() == Verdict::kOk) {
    findings_.EndMovements();
    seen_to_move_ = false;
    host_step_.reset();
  }
  HoldCause(now);
  return judge_.wants_confirmation();
}

void GuestAssessor::OnNoAgent(std::string_view note, MonotonicTime now) {
  Hold(FindingCode::kNoAgent, Severity::kWarning, note, now);
  judge_.OnNoData("no agent", now);
}

void GuestAssessor::OnUnreachable(std::string_view note, MonotonicTime now) {
  Hold(FindingCode::kAgentUnreachable, Severity::kWarning, note, now);
  judge_.OnNoData("the agent does not answer", now);
}

void GuestAssessor::OnUntrusted(std::string_view note, MonotonicTime now) {
  Hold(FindingCode::kAgentUntrusted, Severity::kWarning, note, now);
  judge_.OnNoData("the agent's answers make no sense", now);
}

void GuestAssessor::OnPaused(MonotonicTime now) {
  if (judge_.verdict() == Verdict::kSuspended && judge_.reason() == "paused") {
    return;
  }
  judge_.OnSuspend("paused", now);
  news_ = true;
}

void GuestAssessor::OnHostStepped(const Interval& step, MonotonicTime now) {
  host_step_ = host_step_.has_value() ? *host_step_ + step : step;
  // What was measured against the old mark is no offset from the new one.
  offset_.reset();
  tracker_.ForgetOffsets();
  if (judge_.verdict() != Verdict::kUnknown) {
    judge_.OnSuspend("host-stepped", now);
  }
  news_ = true;
}

bool GuestAssessor::TakeNews() { return std::exchange(news_, false); }

void GuestAssessor::Record(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    const bool moved = finding.code == FindingCode::kClockSet ||
                       finding.code == FindingCode::kCounterJump ||
                       finding.code == FindingCode::kStoodStill;
    if (moved && finding.severity != Severity::kInfo) {
      seen_to_move_ = true;
      host_step_.reset();
    }
    // A small one is told, and is over as it is told.
    if (moved && finding.severity == Severity::kInfo) finding.active = false;
    news_ = true;
    findings_.Record(std::move(finding));
  }
}

void GuestAssessor::HoldConditions(MonotonicTime now) {
  // Claimed when two baselines prove it, and held until one denies it.
  const std::optional<RateInterval> steady = tracker_.steady_rate();
  const std::optional<RateInterval> rate = tracker_.rate();
  const double certain = steady.has_value() ? steady->LeastMagnitude() : 0;
  if (rate.has_value() &&
      std::max(std::abs(rate->lo_ppm), std::abs(rate->hi_ppm)) <
          options_.rate_warning_ppm) {
    findings_.End(FindingCode::kRateFault, now);
  } else if (certain > options_.rate_warning_ppm) {
    Finding finding;
    finding.code = FindingCode::kRateFault;
    finding.severity =
        certain * 1000 > static_cast<double>(options_.tracker.rho)
            ? Severity::kFault
            : Severity::kWarning;
    finding.first_seen = finding.last_seen = now;
    finding.rate = steady;
    news_ |= findings_.Find(FindingCode::kRateFault) == nullptr;
    findings_.Hold(std::move(finding));
  }

  if (tracker_.slew().has_value()) {
    Finding finding;
    finding.code = FindingCode::kSlewing;
    finding.severity = Severity::kInfo;
    finding.first_seen = finding.last_seen = now;
    finding.rate = tracker_.slew();
    findings_.Hold(std::move(finding));
  } else {
    findings_.End(FindingCode::kSlewing, now);
  }
}

// What makes the guest wrong, where no movement was seen to make it so.
void GuestAssessor::HoldCause(MonotonicTime now) {
  const bool trouble = IsTrouble(judge_.verdict());
  const Thresholds& thresholds = policy_.thresholds;

  if (trouble && tracker_.realtime() < kUnsetBefore) {
    Hold(FindingCode::kClockUnset, Severity::kFault, "", now);
  } else {
    findings_.End(FindingCode::kClockUnset, now);
  }

  const bool left_behind = trouble && host_step_.has_value() &&
                           (*offset_ + *host_step_)
                               .Meets(Interval::Exactly(policy_.intended_offset)
                                          .WidenedBy(thresholds.warning));
  if (left_behind) {
    Finding finding;
    finding.code = FindingCode::kLeftBehindByHostStep;
    finding.severity = SeverityOf(*host_step_, thresholds);
    finding.first_seen = finding.last_seen = now;
    finding.size = host_step_;
    findings_.Hold(std::move(finding));
  } else {
    findings_.End(FindingCode::kLeftBehindByHostStep, now);
  }

  if (trouble && !left_behind && !seen_to_move_ && IsTimeZone(*offset_)) {
    Finding finding;
    finding.code = FindingCode::kRtcLocalTime;
    finding.severity = SeverityOf(*offset_, thresholds);
    finding.first_seen = finding.last_seen = now;
    finding.size = offset_;
    finding.signature = MatchSignature(*offset_);
    findings_.Hold(std::move(finding));
  } else {
    findings_.End(FindingCode::kRtcLocalTime, now);
  }
}

void GuestAssessor::Hold(FindingCode code, Severity severity,
                         std::string_view note, MonotonicTime now) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.first_seen = finding.last_seen = now;
  finding.note = std::string(note.substr(0, 200));
  const Finding* known = findings_.Find(code);
  news_ |= known == nullptr || !known->active;
  findings_.Hold(std::move(finding));
}

void GuestAssessor::EndSilence(MonotonicTime now) {
  findings_.End(FindingCode::kNoAgent, now);
  findings_.End(FindingCode::kAgentUnreachable, now);
  findings_.End(FindingCode::kAgentUntrusted, now);
}

}  // namespace noonmark
