#include "common/detect/host_tracker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/detect/rate_blame.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// Between two measurements of chronyd at least; a slew moves the last one by
// less.
constexpr absl::Duration kAnotherTime = absl::Seconds(1);

// Unproven for less is no finding: at the start chronyd has not answered yet.
constexpr absl::Duration kBriefly = absl::Milliseconds(900);

// Parts per million: no daemon corrects more by the frequency alone.
constexpr double kMostThatIsMended = 500;

// Named of those without a verdict.
constexpr size_t kMostNames = 8;
constexpr size_t kLongestName = 64;

// The longest that a reading can be on its way to us: an exchange's time limit.
constexpr absl::Duration kLatest = absl::Minutes(1);
// So many in a row are not misread: the kernel's timekeeping leapt.
constexpr int kMisreads = 3;

}  // namespace

HostTracker::Result HostTracker::OnReading(const ClockReading& reading) {
  Result result;
  if (reading.raw_after < reading.raw_before) return result;
  gaps_.Add(reading);
  const MonotonicTime now = MonotonicTime::FromReading(reading.monotonic);
  // Readings of exchanges come later than they were taken; an old one beside a
  // newer one would look like a second step. One from long ago is a counter
  // that fell.
  if (last_.has_value() && now < last_->at && last_->at - now < kLatest) {
    return result;
  }
  const LocalReading local = LocalReadingOf(reading, now, 0, leap_);
  if (!last_.has_value()) {
    last_ = local;
    return result;
  }
  if (!AnyMovementBetween(*last_, local, kFastestSlew)) {
    misreads_ = 0;
    last_ = Tightened(*last_, local);
    return result;
  }
  const LocalMovement moved = MovementBetween(*last_, local, kFastestSlew);
  if (moved.leapt && ++misreads_ < kMisreads) return result;
  misreads_ = 0;

  result.slept = moved.Slept();
  if (moved.WasSet()) {
    leapt_ = false;
    result.stepped = moved.set;
    result.leap_second = IsLeapSecond(moved.set, last_->leap, local.leap,
                                      local.realtime, now - last_->at);
    Finding finding;
    if (result.leap_second) {
      finding.code = FindingCode::kLeapSecond;
      finding.active = false;
    } else {
      stepped_at_ = now;
      proven_since_step_ = false;
      NoteChronyIsLate();
      finding.code = FindingCode::kHostStepped;
      finding.severity = std::max(Severity::kWarning,
                                  SeverityOf(moved.set, options_.thresholds));
      finding.signature = MatchSignature(moved.set);
    }
    finding.first_seen = finding.last_seen = now;
    finding.window_begin = last_->at;
    finding.window_end = now;
    finding.size = moved.set;
    finding.before = last_->differences.real_mono;
    finding.after = local.differences.real_mono;
    findings_.Record(finding);
  }
  last_ = Tightened(*last_, local);
  return result;
}

// Somebody else's step leaves chronyd in the belief that it had before, until
// it measures again. Its own step moves its last measurement too.
void HostTracker::OnChrony(ChronyReport report) {
  chrony_ = std::move(report);
  if (!chrony_is_late_ || !chrony_->tracking.has_value() ||
      chrony_->asked <= *stepped_at_) {
    return;
  }
  const absl::Duration measured = chrony_->tracking->reference_time;
  if (!measured_before_step_.has_value()) measured_before_step_ = measured;
  chrony_is_late_ =
      absl::AbsDuration(measured - *measured_before_step_) < kAnotherTime;
}

HostBoundOrReason HostTracker::ChronyBound(MonotonicTime now) const {
  if (!chrony_.has_value()) return {};
  HostBoundOrReason chrony = BoundOf(*chrony_, now);
  if (chrony_is_late_ && chrony.bound.has_value()) {
    return {{}, "chronyd has not measured since the clock was set"};
  }
  return chrony;
}

void HostTracker::OnDiscipline(
    const std::optional<KernelDiscipline>& discipline, MonotonicTime now) {
  leap_ = LeapStateOf(discipline, /*read_with_clocks=*/false);
  HostBoundOrReason kernel = BoundOf(discipline, now);
  HostBoundOrReason chrony = ChronyBound(now);
  if (chrony.bound.has_value()) leapt_ = false;
  if (leapt_) {
    kernel = {{}, "the counter leapt, and nothing has measured since"};
  } else {
    findings_.End(FindingCode::kHostCounterJump, now);
  }
  const bool chrony_is_better =
      chrony.bound.has_value() &&
      (!kernel.bound.has_value() ||
       chrony.bound->At(now) <= kernel.bound->At(now));
  bound_ = std::move(chrony_is_better ? chrony.bound : kernel.bound);
  if (bound_.has_value()) {
    trust_reason_ = bound_->reason;
    proven_since_step_ = true;
  } else {
    trust_reason_ =
        absl::StrCat(kernel.reason, chrony.reason.empty() ? "" : "; ",
                     std::move(chrony.reason));
  }

  if (!View(now).stepped) findings_.End(FindingCode::kHostStepped, now);
  if (bound_.has_value()) {
    findings_.End(FindingCode::kHostUnproven, now);
    unproven_since_.reset();
    return;
  }
  if (!unproven_since_.has_value()) unproven_since_ = now;
  if (now - *unproven_since_ < kBriefly) return;
  Finding finding;
  finding.code = FindingCode::kHostUnproven;
  finding.severity = declared() ? Severity::kInfo : Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.note = trust_reason_;
  findings_.Hold(finding);
}

void HostTracker::OnUnjudged(std::vector<std::string> names, size_t guests,
                             MonotonicTime now) {
  const size_t allowed = static_cast<size_t>(options_.unjudged.percent);
  if (names.size() * 100 <= allowed * guests) {
    findings_.End(FindingCode::kUnjudgedGuests, now);
    return;
  }
  const size_t count = names.size();
  std::sort(names.begin(), names.end());
  if (names.size() > kMostNames) names.resize(kMostNames);
  for (std::string& name : names) name = name.substr(0, kLongestName);
  Finding finding;
  finding.code = FindingCode::kUnjudgedGuests;
  finding.severity = Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.note = absl::StrCat(
      count, " of ", guests, " without a verdict for more than ",
      FormatAge(options_.unjudged.after), ": ", absl::StrJoin(names, ", "));
  if (count > names.size()) {
    absl::StrAppend(&finding.note, " and ", count - names.size(), " more");
  }
  findings_.Hold(finding);
}

void HostTracker::OnSharedRate(const std::vector<RateInterval>& rates,
                               size_t guests, MonotonicTime now) {
  if (rates.empty()) {
    findings_.End(FindingCode::kHostRate, now);
    return;
  }
  const RateInterval common = CommonRate(rates);
  Finding finding;
  finding.code = FindingCode::kHostRate;
  finding.severity = common.LeastMagnitude() > kMostThatIsMended
                         ? Severity::kFault
                         : Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  // The guests' against the host's; the host's is the reverse.
  finding.rate = RateInterval{-common.hi_ppm, -common.lo_ppm};
  finding.note = absl::StrCat(rates.size(), " of ", guests,
                              " guests run off from it alike");
  findings_.Hold(finding);
}

void HostTracker::OnCounterLeap(const SeenLeap& leap, size_t alike,
                                MonotonicTime now) {
  stepped_at_ = now;
  proven_since_step_ = false;
  leapt_ = true;
  bound_.reset();
  NoteChronyIsLate();
  Finding finding;
  finding.code = FindingCode::kHostCounterJump;
  finding.severity =
      std::max(Severity::kWarning, SeverityOf(leap.size, options_.thresholds));
  finding.first_seen = finding.last_seen = now;
  finding.window_begin = leap.begin;
  finding.window_end = leap.end;
  finding.size = leap.size;
  finding.signature = MatchSignature(leap.size);
  finding.note = absl::StrCat(
      alike, " guests moved against it alike, and none stayed put");
  findings_.Record(finding);
}

bool HostTracker::DidNotLeap(const SeenLeap& leap) const {
  const std::optional<absl::Duration> widest = gaps_.WidestSince(leap.begin);
  return widest.has_value() && *widest < leap.size.lo;
}

void HostTracker::NoteChronyIsLate() {
  chrony_is_late_ = true;
  measured_before_step_.reset();
  if (chrony_.has_value() && chrony_->tracking.has_value()) {
    measured_before_step_ = chrony_->tracking->reference_time;
  }
}

std::optional<absl::Duration> HostTracker::ProvenBound(
    MonotonicTime now) const {
  if (!bound_.has_value()) return std::nullopt;
  return bound_->At(now);
}

HostView HostTracker::View(MonotonicTime now) const {
  HostView view;
  view.proven = ProvenBound(now);
  view.bound = view.proven;
  if (declared() && !leapt_) view.bound = absl::ZeroDuration();
  view.stepped = stepped_at_.has_value() && !proven_since_step_ &&
                 now - *stepped_at_ < options_.hold_after_step;
  return view;
}

}  // namespace noonmark
