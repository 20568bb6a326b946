#include "common/detect/guest_life.h"

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// What two sound counters may part by without being noticed.
constexpr PartsPerBillion kUnnoticed = 1'000'000;

}  // namespace

std::optional<Finding> GuestLife::OnEvent(LifeEvent event,
                                          const Standing& stands,
                                          MonotonicTime at) {
  switch (event) {
    case LifeEvent::kPaused:
      pauses_.OnPaused(PauseKind::kPaused, at);
      break;
    case LifeEvent::kSaved:
      pauses_.OnPaused(PauseKind::kSaved, at);
      break;
    case LifeEvent::kLeaving:
      pauses_.OnPaused(PauseKind::kMoved, at);
      migration_.OnLeaving(stands, at);
      break;
    case LifeEvent::kResumed:
      pauses_.OnResumed(at);
      migration_.OnStayed();
      break;
    case LifeEvent::kRestored:
      pauses_.OnResumed(at);
      migration_.OnRestored(at);
      break;
    case LifeEvent::kArrived:
      pauses_.OnResumed(at);
      return migration_.OnArrived(stands, pauses_, at);
    case LifeEvent::kListedPaused:
      pauses_.OnListedPaused(at);
      break;
    case LifeEvent::kListedRunning:
      pauses_.OnListedRunning(at);
      break;
  }
  return std::nullopt;
}

void GuestLife::OnReboot() {
  pauses_.Forget();
  migration_.Forget();
  harmless_.reset();
}

void GuestLife::Explain(Finding& finding) {
  if (finding.code != FindingCode::kStoodStill &&
      finding.code != FindingCode::kCaughtUp &&
      finding.code != FindingCode::kCounterJump) {
    return;
  }
  if (finding.size->hi >= absl::ZeroDuration()) return;
  finding.pauses = pauses_.Between(finding.window_begin, finding.window_end);
  if (!finding.pauses.has_value()) return;
  pauses_.Count(finding.window_end);
  if (!finding.pauses->lasted.Meets(-*finding.size)) return;
  finding.signature = nullptr;
  if (finding.code == FindingCode::kCounterJump) {
    finding.code = FindingCode::kStoodStill;
  }
}

void GuestLife::OnSoundBurst(const Interval& before, MonotonicTime from,
                             const Interval& after, MonotonicTime to) {
  if (pauses_.open()) return;
  const std::optional<ToldPauses> told = pauses_.Between(from, to);
  if (!told.has_value()) return;
  pauses_.Count(to);
  // A shorter one could hide in what is not known of the two offsets.
  if (told->lasted.lo <=
      before.Width() + after.Width() + Drift(to - from, kUnnoticed)) {
    return;
  }
  harmless_ = told;
  harmless_until_ = to + kToldFor;
}

std::string GuestLife::WhyAway() const {
  if (!pauses_.open()) return "";
  switch (pauses_.kind()) {
    case PauseKind::kPaused:
      return "paused";
    case PauseKind::kSaved:
      return "saved";
    case PauseKind::kMoved:
      return "being moved";
  }
  return "";
}

std::string GuestLife::WhySilent(MonotonicTime now) const {
  if (!harmless_.has_value() || now >= harmless_until_) return "";
  return absl::StrCat(InWords(*harmless_), ", and its clocks went on");
}

}  // namespace noonmark
