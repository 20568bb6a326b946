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

// What is certain of either is most of what is certain of the other.
bool MuchTheSame(const RateInterval& a, const RateInterval& b) {
  const double one = a.LeastMagnitude();
  const double other = b.LeastMagnitude();
  return (a.lo_ppm > 0) == (b.lo_ppm > 0) && one * 3 > other * 2 &&
         other * 3 > one * 2;
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
  if (life_ != nullptr) {
    life_->OnAnswer(MonotonicTime::FromReading(exchange.host_sent.monotonic),
                    now);
    if (result.rebooted) life_->OnReboot();
  }
  if (result.rebooted) {
    wide_.Forget();
    rate_claim_.reset();
    judge_.OnReboot(now);
    findings_.EndMovements(now);
    held_.reset();
    last_leap_.reset();
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
  if (result.other_counter) rate_claim_.reset();
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
  if (held_ != nullptr) {
    std::vector<HeldLeap::Offset>& offsets = held_->offsets;
    if (offsets.size() == 2) offsets.erase(offsets.begin());
    offsets.push_back({*burst.offset, burst.measured});
    return offsets.size() < 2;
  }
  if (AwaitsNextBurst(now)) return false;
  if (life_ != nullptr && offset_.has_value() && tracker_.settled()) {
    life_->OnSoundBurst(*offset_, measured_, *burst.offset, burst.measured);
  }
  return Judge(*burst.offset, burst.measured, host, now);
}

// It may turn out to be a leap, and that the host's.
bool GuestAssessor::AwaitsNextBurst(MonotonicTime now) const {
  constexpr absl::Duration kNextBurst = absl::Seconds(4);
  const std::optional<MonotonicTime> doubted = tracker_.doubted_since();
  return others_.value_or(0) > 0 && doubted.has_value() &&
         now - *doubted < kNextBurst;
}

bool GuestAssessor::Judge(const Interval& offset, MonotonicTime measured,
                          const HostView& host, MonotonicTime now) {
  offset_ = offset;
  measured_ = measured;
  host_bound_ = host.proven;
  CompleteMove();
  const Verdict before = judge_.verdict();
  judge_.OnOffset(*offset_, host, now);
  judge_.ExplainWidth(wide_.reason());
  news_ |= judge_.verdict() != before;
  if (judge_.verdict() == Verdict::kOk) {
    findings_.EndMovements(now);
    seen_right_or_to_move_ = true;
    host_step_.reset();
    if (life_ != nullptr) judge_.Explain(life_->WhySilent(now));
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
  std::string why = life_ == nullptr ? "" : life_->WhyAway();
  if (why.empty()) why = "paused";
  if (judge_.verdict() == Verdict::kSuspended && judge_.reason() == why) return;
  judge_.OnSuspend(why, now);
  news_ = true;
}

void GuestAssessor::OnLifecycle(LifeEvent event, MonotonicTime at) {
  if (life_ == nullptr) life_ = std::make_unique<GuestLife>();
  NoteMove(life_->OnEvent(event, standing(), at));
}

void GuestAssessor::OnTsc(const TscIdentity& tsc, MonotonicTime at) {
  if (life_ == nullptr) life_ = std::make_unique<GuestLife>();
  NoteMove(life_->OnTsc(tsc, standing(), at));
}

// What is known of its old counter's rate says nothing of the new one. Where
// the counter stands goes on, or leapt: that is compared.
void GuestAssessor::NoteMove(const std::optional<Finding>& migrated) {
  if (!migrated.has_value()) return;
  Record({*migrated});
  tracker_.ForgetRates();
  rate_claim_.reset();
}

void GuestAssessor::CompleteMove() {
  if (life_ == nullptr || !life_->awaits()) return;
  std::optional<Finding> migrated = findings_.Find(FindingCode::kMigrated);
  if (migrated.has_value() && life_->Complete(*migrated, standing())) {
    findings_.Amend(*migrated);
    news_ = true;
  }
}

void GuestAssessor::OnHostStepped(const Interval& step, bool leap_second,
                                  MonotonicTime now) {
  host_step_ = std::make_unique<Interval>(
      host_step_ == nullptr ? step : *host_step_ + step);
  // What was measured against the old mark is no offset from the new one.
  offset_.reset();
  if (held_ != nullptr) held_->offsets.clear();
  tracker_.ForgetOffsets();
  if (life_ != nullptr) life_->OnHostStepped();
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

std::optional<Interval> GuestAssessor::UntilWarning(
    const std::optional<DriftEstimate>& drift) const {
  if (!drift.has_value() || !offset_.has_value()) return std::nullopt;
  return TimeToThreshold(*offset_, policy_.intended_offset,
                         policy_.thresholds.warning, drift->bar);
}

bool GuestAssessor::TakeNews() { return std::exchange(news_, false); }

void GuestAssessor::Record(const std::vector<Finding>& findings) {
  for (const Finding& told : findings) {
    if (told.code == FindingCode::kRateFault) {
      ClaimRate({*told.rate, told.window_end, told.last_seen, {}});
      continue;
    }
    if (told.code == FindingCode::kCounterJump ||
        told.code == FindingCode::kStoodStill) {
      two_masters_.Forget();
    }
    Finding finding = told;
    if (finding.size.has_value()) {
      finding.listened =
          listening_.has_value() && *listening_ <= finding.window_begin;
      if (life_ != nullptr) life_->Explain(finding);
    }
    if (!HoldLeap(finding)) RecordMovement(std::move(finding));
  }
}

void GuestAssessor::RecordMovement(Finding finding) {
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
  was_set_ |= finding.code == FindingCode::kClockSet;
  findings_.Record(finding);
}

std::optional<SeenSet> GuestAssessor::last_set() const {
  const std::optional<Finding> set = findings_.Find(FindingCode::kClockSet);
  if (!set.has_value() || !set->size.has_value()) return std::nullopt;
  return SeenSet{*set->size, set->window_begin, set->window_end};
}

void GuestAssessor::NoteSetAlike(const SetAlike& alike) {
  std::optional<Finding> set = findings_.Find(FindingCode::kClockSet);
  if (!set.has_value()) return;
  set->set_alike = alike;
  findings_.Amend(*set);
}

// One of the counter that others may have seen, too; not of the kernel's
// timekeeping, which has a note. A pause that was told of is the guest's for
// sure, and so is a second leap before the first is judged.
bool GuestAssessor::HoldLeap(const Finding& leap) {
  const bool counter = (leap.code == FindingCode::kCounterJump ||
                        leap.code == FindingCode::kStoodStill) &&
                       leap.note.empty();
  if (!counter) return false;
  const MonotonicTime calm_before =
      last_leap_ != nullptr
          ? last_leap_->leap.end
          : tracker_.compared_since().value_or(leap.window_end);
  last_leap_ = std::make_unique<LastLeap>(
      LastLeap{{leap.sound_size.value_or(*leap.size), leap.window_begin,
                leap.window_end, /*told=*/leap.pauses.has_value()},
               calm_before});
  if (!others_.has_value() || leap.pauses.has_value()) return false;
  if (held_ != nullptr) {
    RecordMovement(std::move(held_->leap));
    held_.reset();
    return false;
  }
  held_ = std::make_unique<HeldLeap>();
  held_->leap = leap;
  held_->since = leap.window_end;
  return true;
}

std::optional<SeenLeap> GuestAssessor::open_leap() const {
  if (held_ == nullptr) return std::nullopt;
  const Finding& leap = held_->leap;
  return SeenLeap{leap.sound_size.value_or(*leap.size), leap.window_begin,
                  leap.window_end};
}

bool GuestAssessor::DidNotMove(const SeenLeap& leap) const {
  if (last_leap_ != nullptr && last_leap_->leap.begin >= leap.end &&
      last_leap_->calm_before <= leap.begin) {
    return true;  // it leapt later
  }
  return tracker_.DidNotMove(leap.size, leap.begin, leap.end);
}

void GuestAssessor::JudgeLeap(LeapBlame blame, HostAlibi alibi,
                              const HostView& host, MonotonicTime now) {
  if (blame == LeapBlame::kOpen || held_ == nullptr) return;
  const std::unique_ptr<HeldLeap> held = std::move(held_);
  if (blame == LeapBlame::kHost) return;
  held->leap.alibi = alibi;
  RecordMovement(std::move(held->leap));
  for (const HeldLeap::Offset& offset : held->offsets) {
    Judge(offset.value, offset.measured, host, now);
  }
}

void GuestAssessor::NoteHunt(const GuestReading& guest, MonotonicTime now) {
  logs_ = guest.logs;
  hunt_.reset();
  if (!guest.hunt.has_value()) return;
  hunt_.emplace();
  hunt_->reads = guest.hunt->reads;
  hunt_->glitches = guest.hunt->glitches;
  Record(glitches_.OnReport(*guest.hunt, guest.sent.boottime, now));
}

void GuestAssessor::HoldConditions(MonotonicTime now) {
  UpdateRateClaim();
  if (rate_claim_ == nullptr) findings_.End(FindingCode::kRateFault, now);

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
// of it, stretch by stretch: that which is proven of each.
void GuestAssessor::ClaimRate(const ProvenRate& proven) {
  ProvenRate claim = proven;
  claim.grain = proven.Grain();
  if (rate_claim_ != nullptr &&
      MuchTheSame(rate_claim_->proven.rate, proven.rate) &&
      proven.begin - rate_claim_->proven.end <
          tracker_.options().rate_baseline / 4) {
    claim.begin = std::min(claim.begin, rate_claim_->proven.begin);
    claim.grain = std::max(claim.grain, rate_claim_->proven.grain);
    if (proven.rate.lo_ppm > 0) {
      claim.rate.lo_ppm =
          std::min(claim.rate.lo_ppm, rate_claim_->proven.rate.lo_ppm);
    } else {
      claim.rate.hi_ppm =
          std::max(claim.rate.hi_ppm, rate_claim_->proven.rate.hi_ppm);
    }
  }
  const MonotonicTime since =
      rate_claim_ == nullptr ? proven.end : rate_claim_->since;
  rate_claim_ = std::make_unique<RateClaim>(RateClaim{claim, since});
}

// Claimed when two baselines prove it, and until one that began since denies
// it.
void GuestAssessor::UpdateRateClaim() {
  const RateEstimates& rates = tracker_.rates();
  if (rate_claim_ != nullptr) {
    const std::optional<ProvenRate> below =
        rates.Below(rate_warning_ppm_, rate_claim_->proven.begin);
    if (below.has_value()) {
      rate_denied_ = below->begin;
      rate_claim_.reset();
    }
  }
  const std::optional<ProvenRate> above = rates.Above(rate_warning_ppm_);
  if (above.has_value() && above->begin >= rate_denied_ &&
      (rate_claim_ == nullptr || rate_claim_->proven.end < above->end)) {
    ClaimRate(*above);
  }
}

bool GuestAssessor::Contradicts(const ProvenRate& claim) const {
  return rate_claim_ == nullptr && tracker_.rates().Contradicts(claim);
}

void GuestAssessor::JudgeRate(RateBlame blame, MonotonicTime now) {
  if (blame == RateBlame::kOpen || rate_claim_ == nullptr) return;
  Finding finding;
  finding.code = FindingCode::kRateFault;
  const double certain = rate_claim_->proven.rate.LeastMagnitude();
  finding.severity =
      certain * 1000 > static_cast<double>(tracker_.options().rho)
          ? Severity::kFault
          : Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.rate = rate_claim_->proven.rate;
  // Over the longest time, which bounds it best, if it was so all the while.
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

  const bool left_behind = trouble && host_step_ != nullptr &&
                           (*offset_ + *host_step_)
                               .Meets(Interval::Exactly(policy_.intended_offset)
                                          .WidenedBy(thresholds.warning));
  finding.code = FindingCode::kLeftBehindByHostStep;
  finding.severity =
      left_behind ? SeverityOf(*host_step_, thresholds) : Severity::kInfo;
  finding.size.reset();
  if (left_behind) finding.size = *host_step_;
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
  const size_t life =
      life_ == nullptr ? 0 : sizeof(GuestLife) + life_->HeapBytes();
  return sizeof(*this) + (held_ != nullptr ? sizeof(HeldLeap) : 0) +
         (last_leap_ != nullptr ? sizeof(LastLeap) : 0) +
         (rate_claim_ != nullptr ? sizeof(RateClaim) : 0) +
         (host_step_ != nullptr ? sizeof(Interval) : 0) + life +
         tracker_.HeapBytes() + findings_.Bytes() + judge_.reason().capacity() +
         wide_.reason().capacity() + policy_.name.capacity();
}

}  // namespace noonmark
