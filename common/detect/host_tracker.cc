#include "common/detect/host_tracker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// <linux/timex.h>: nobody disciplines the clock.
constexpr uint32_t kStatusUnsynchronised = 0x0040;

}  // namespace

HostTracker::Result HostTracker::OnReading(const ClockReading& reading) {
  Result result;
  if (reading.raw_after < reading.raw_before) return result;
  const MonotonicTime now = MonotonicTime::FromReading(reading.monotonic);
  // Readings of exchanges come later than they were taken; an old one beside a
  // newer one would look like a second step.
  if (last_.has_value() && now < last_at_) return result;
  const LocalDifferences differences = DifferencesOf(reading);
  if (last_.has_value()) {
    const Interval e = differences.real_mono - last_->real_mono;
    const Interval g = differences.boot_mono - last_->boot_mono;
    result.slept = !g.ContainsZero();
    if (!e.ContainsZero()) {
      result.stepped = e;
      stepped_at_ = now;
      proven_since_step_ = false;
      Finding finding;
      finding.code = FindingCode::kHostStepped;
      finding.severity =
          std::max(Severity::kWarning, SeverityOf(e, options_.thresholds));
      finding.first_seen = finding.last_seen = now;
      finding.window_begin = last_at_;
      finding.window_end = now;
      finding.size = e;
      finding.before = last_->real_mono;
      finding.after = differences.real_mono;
      finding.signature = MatchSignature(e);
      findings_.Record(std::move(finding));
    }
  }
  last_ = differences;
  last_at_ = now;
  return result;
}

void HostTracker::OnDiscipline(
    const std::optional<KernelDiscipline>& discipline, MonotonicTime now) {
  bound_.reset();
  if (!discipline.has_value()) {
    trust_reason_ = "the kernel's discipline cannot be read";
  } else if ((discipline->status & kStatusUnsynchronised) != 0) {
    trust_reason_ = "the kernel says that its clock is not synchronised";
  } else if (discipline->max_error <= absl::ZeroDuration()) {
    trust_reason_ =
        "the time daemon claims no error at all, which bounds nothing "
        "(systemd-timesyncd)";
  } else {
    bound_ = discipline->max_error;
    trust_reason_ = absl::StrCat("the kernel's maximum error is ",
                                 absl::FormatDuration(*bound_));
    proven_since_step_ = true;
  }

  if (!View(now).stepped) findings_.End(FindingCode::kHostStepped, now);
  if (bound_.has_value()) {
    findings_.End(FindingCode::kHostUnproven, now);
    return;
  }
  Finding finding;
  finding.code = FindingCode::kHostUnproven;
  finding.severity = declared() ? Severity::kInfo : Severity::kWarning;
  finding.first_seen = finding.last_seen = now;
  finding.note = trust_reason_;
  findings_.Hold(std::move(finding));
}

HostView HostTracker::View(MonotonicTime now) const {
  HostView view;
  view.bound = bound_;
  if (declared()) view.bound = absl::ZeroDuration();
  view.stepped = stepped_at_.has_value() && !proven_since_step_ &&
                 now - *stepped_at_ < options_.hold_after_step;
  return view;
}

}  // namespace noonmark
