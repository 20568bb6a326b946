#include "common/detect/verdict.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// Bursts that agree before a guest is called wrong.
constexpr int kToBeWrong = 2;
// Bursts before one that was wrong is called ok again: few if it is well
// inside, more if it is close to the threshold.
constexpr int kToBeOkWellInside = 3;
constexpr int kToBeOk = 12;

std::string Seconds(absl::Duration d) {
  return absl::StrFormat("%.6g s", absl::ToDoubleSeconds(d));
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWrong:
      return "wrong";
    case Verdict::kDiffers:
      return "differs";
    case Verdict::kUncertain:
      return "uncertain";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kSuspended:
      return "suspended";
  }
  return "";
}

void VerdictJudge::SetAllowed(const Thresholds& thresholds,
                              absl::Duration intended) {
  thresholds_ = thresholds;
  intended_ = intended;
  outside_ = inside_ = well_inside_ = 0;
}

void VerdictJudge::OnOffset(const Interval& offset, const HostView& host,
                            MonotonicTime now) {
  wants_confirmation_ = too_wide_ = false;
  if (host.stepped) {
    OnSuspend("host-stepped", now);
    return;
  }
  const absl::Duration limit = thresholds_.warning;
  const Interval allowed = Interval::Exactly(intended_).WidenedBy(limit);
  const std::string intended =
      intended_ == absl::ZeroDuration()
          ? ""
          : absl::StrCat("it is meant to be ", FormatSeconds(intended_));

  // Asked before "too wide": a width never hides a large offset.
  if (!offset.Meets(allowed)) {
    inside_ = well_inside_ = 0;
    if (++outside_ < kToBeWrong) {
      wants_confirmation_ = true;
      Set(Verdict::kUncertain, "outside once; the next reading confirms it",
          now);
      return;
    }
    troubled_ = true;
    if (!host.bound.has_value()) {
      Set(Verdict::kDiffers, "the host is unproven", now);
    } else if (offset.WidenedBy(*host.bound).Meets(allowed)) {
      Set(Verdict::kDiffers,
          absl::StrCat("the host itself may be off by ", Seconds(*host.bound)),
          now);
    } else {
      Set(Verdict::kWrong, intended, now);
    }
    return;
  }
  outside_ = 0;

  if (offset.Within(allowed)) {
    ++inside_;
    const bool well =
        offset.Within(Interval::Exactly(intended_).WidenedBy(limit / 2));
    well_inside_ = well ? well_inside_ + 1 : 0;
    if (troubled_ && inside_ < kToBeOk && well_inside_ < kToBeOkWellInside) {
      Set(Verdict::kUncertain, "inside again; a few more readings confirm it",
          now);
      return;
    }
    troubled_ = false;
    Set(Verdict::kOk, intended, now);
    return;
  }
  inside_ = well_inside_ = 0;
  too_wide_ = true;
  const absl::Duration needed =
      absl::AbsDuration(absl::AbsDuration(offset.Middle() - intended_) - limit);
  Set(Verdict::kUncertain,
      absl::StrCat("bound ", Seconds(offset.HalfWidth()),
                   " is too wide; one below ", Seconds(needed), " would tell",
                   troubled_ ? "; it was wrong before" : ""),
      now);
}

void VerdictJudge::Begin(MonotonicTime now) {
  if (!begun_) Set(verdict_, reason_, now);
}

void VerdictJudge::OnNoData(std::string_view reason, MonotonicTime now) {
  wants_confirmation_ = false;
  outside_ = inside_ = well_inside_ = 0;
  Set(Verdict::kUnknown, std::string(reason), now);
}

void VerdictJudge::OnSuspend(std::string_view reason, MonotonicTime now) {
  wants_confirmation_ = false;
  outside_ = inside_ = well_inside_ = 0;
  troubled_ = false;
  Set(Verdict::kSuspended, std::string(reason), now);
}

void VerdictJudge::Explain(std::string_view reason) {
  if (reason_.empty()) reason_ = std::string(reason);
}

void VerdictJudge::ExplainWidth(std::string_view reason) {
  if (too_wide_ && verdict_ == Verdict::kUncertain && !reason.empty()) {
    absl::StrAppend(&reason_, "; ", std::string(reason));
  }
}

void VerdictJudge::OnReboot(MonotonicTime now) {
  OnSuspend("rebooted", now);
  OnNoData("rebooted; not measured yet", now);
}

void VerdictJudge::Set(Verdict verdict, std::string reason, MonotonicTime now) {
  if (verdict != verdict_ || !begun_) since_ = now;
  begun_ = true;
  const bool judged = verdict == Verdict::kOk || verdict == Verdict::kWrong ||
                      verdict == Verdict::kDiffers;
  if (judged) {
    unjudged_since_.reset();
  } else if (!unjudged_since_.has_value()) {
    unjudged_since_ = now;
  }
  verdict_ = verdict;
  reason_ = std::move(reason);
}

}  // namespace noonmark
