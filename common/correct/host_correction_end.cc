// What the guest tells, and how an operation ends.

#include <algorithm>
#include <utility>

#include "common/correct/host_correction.h"

namespace noonmark {
namespace {

constexpr absl::Duration kVerifyLimit = absl::Seconds(5);
constexpr absl::Duration kBootSlack = absl::Seconds(1);

// The clock was moved, as far as the guest goes: what follows is settling done.
bool IsPastTheMove(OperationPhase phase) {
  return phase >= OperationPhase::kCorrected;
}

}  // namespace

bool HostCorrection::MayBeLaterBoot(const OperationStatus& status,
                                    MonotonicTime now) const {
  if (!order_boot_seen_.has_value()) return true;
  // It has not run for longer than since then.
  const absl::Duration since = now - *order_boot_seen_;
  return status.boottime <= since + since / 100 + kBootSlack;
}

bool HostCorrection::IsNews(const OperationStatus& status, MonotonicTime now) {
  // What is late may be of the boot before, and proves nothing.
  if (status.boot != order_boot_ && !MayBeLaterBoot(status, now)) return false;
  if (told_.has_value()) {
    if (status.boot == told_->boot) {
      // Late: something newer is known. The refusal of an order counts once.
      if (status.boottime < told_->boottime) return false;
    } else {
      if (std::find(past_boots_.begin(), past_boots_.end(), status.boot) !=
          past_boots_.end()) {
        return false;
      }
      past_boots_.push_back(told_->boot);
    }
  }
  told_ = status;
  progress_.guest = status;
  return true;
}

bool HostCorrection::IsProvenOver(const OperationStatus& status) const {
  if (status.operation == plan_.operation) {
    return status.phase == OperationPhase::kEnded;
  }
  // One operation at a time: if another is the last, this one is over, or was
  // never accepted; and it cannot be any more once its order is too old.
  return status.boot != order_boot_ || status.boottime > order_end_;
}

void HostCorrection::Heed(const OperationStatus& status, MonotonicTime now) {
  const bool ours = status.operation == plan_.operation;
  if (ours && status.fate != CorrectionFate::kNotMoved) {
    progress_.fate = status.fate;
    progress_.moved = status.moved;
  }
  if (ours) progress_.mail_at_rest_for = status.at_rest_for;
  if (awaits_ != Awaits::kGuest) {
    // It rests by itself no longer: no use to measure on.
    if (awaits_ == Awaits::kMeasurement && ours && !correct_sent_ &&
        status.phase == OperationPhase::kEnded) {
      Abort(HostReason::kRefused, now);
    }
    return;
  }
  if (status.refusal == Refusal::kEpoch) {
    deposed_ = true;
  }
  switch (progress_.phase) {
    case HostPhase::kQuiesceSent:
      HeedQuiesce(status, now);
      break;
    case HostPhase::kCorrectSent:
      HeedCorrect(status, now);
      break;
    case HostPhase::kQuiesced:
      // "noonmark quiesce" waits for an operator, or the lease.
      if (ours && status.phase >= OperationPhase::kResuming) Resume(now);
      if (!ours) Abort(HostReason::kRefused, now);
      break;
    case HostPhase::kResumeSent:
    case HostPhase::kAborting:
      if (IsProvenOver(status)) Release(now);
      break;
    case HostPhase::kPlanned:
    case HostPhase::kSlotTaken:
    case HostPhase::kCorrected:
    case HostPhase::kVerified:
    case HostPhase::kResumed:
    case HostPhase::kClosed:
      break;
  }
}

void HostCorrection::HeedQuiesce(const OperationStatus& status,
                                 MonotonicTime now) {
  if (status.boot != order_boot_) {
    Abort(HostReason::kRebooted, now);
    return;
  }
  if (!(status.operation == plan_.operation)) {
    if (status.refusal != Refusal::kNone) {
      progress_.refusal = status.refusal;
      Abort(HostReason::kRefused, now);
    }
    return;
  }
  if (status.phase == OperationPhase::kAtRest) {
    Go(HostPhase::kQuiesced);
    if (plan_.corrects) {
      AskMeasurement(kVerifyLimit, now);
    }
  } else if (status.phase >= OperationPhase::kResuming) {
    progress_.refusal = status.given_up;
    Abort(HostReason::kRefused, now);
  }
}

void HostCorrection::HeedCorrect(const OperationStatus& status,
                                 MonotonicTime now) {
  const bool ours = status.operation == plan_.operation;
  if (!ours) {
    if (status.refusal != Refusal::kNone &&
        progress_.refusal == Refusal::kNone) {
      progress_.refusal = status.refusal;
    }
    if (IsProvenOver(status)) {
      HostReason why = HostReason::kRefused;
      if (progress_.refusal == Refusal::kNone) why = HostReason::kNoAnswer;
      if (status.boot != order_boot_) why = HostReason::kRebooted;
      Abort(why, now);
    }
    return;
  }
  if (status.fate == CorrectionFate::kMoved && IsPastTheMove(status.phase)) {
    // Without rest there is nothing to resume: it is over when the guest says
    // so.
    if (!plan_.quiesces && status.phase != OperationPhase::kEnded) return;
    Go(HostPhase::kCorrected);
    AskMeasurement(kVerifyLimit, now);
    return;
  }
  if (status.phase == OperationPhase::kAtRest &&
      status.refusal == Refusal::kExpired && status.boot == order_boot_ &&
      status.boottime > order_end_) {
    // It did not happen, and cannot any more: once again, with a new amount.
    if (retried_) {
      progress_.refusal = status.refusal;
      Abort(HostReason::kRefused, now);
      return;
    }
    retried_ = true;
    correct_sent_ = false;
    Go(HostPhase::kQuiesced);
    AskMeasurement(kVerifyLimit, now);
    return;
  }
  if (status.phase == OperationPhase::kAtRest &&
      status.refusal != Refusal::kNone &&
      status.refusal != Refusal::kNotAtRest) {
    progress_.refusal = status.refusal;
    Abort(HostReason::kRefused, now);
    return;
  }
  if (status.phase >= OperationPhase::kResuming) {
    progress_.refusal = status.given_up;
    Abort(status.boot != order_boot_ ? HostReason::kRebooted
                                     : HostReason::kRefused,
          now);
  }
}

void HostCorrection::Resume(MonotonicTime now) {
  Go(HostPhase::kResumeSent);
  awaits_ = Awaits::kGuest;
  if (told_.has_value() && IsProvenOver(*told_)) {
    Release(now);
    return;
  }
  Poll(now);
}

void HostCorrection::Abort(HostReason why, MonotonicTime now) {
  if (progress_.reason == HostReason::kNone) progress_.reason = why;
  if (!quiesce_sent_ && !correct_sent_) {
    Release(now);
    return;
  }
  Go(HostPhase::kAborting);
  awaits_ = Awaits::kGuest;
  if (told_.has_value() && IsProvenOver(*told_)) {
    Release(now);
    return;
  }
  Poll(now);
}

void HostCorrection::Release(MonotonicTime now) {
  Go(HostPhase::kResumed);
  awaits_ = Awaits::kNothing;
  if (plan_.quiesces) out_.push_back(FreeSlot{});
  if (told_.has_value() && correct_sent_ &&
      !(told_->operation == plan_.operation) && !told_->operation.IsNone() &&
      progress_.fate == CorrectionFate::kNotMoved) {
    // Somebody else's came after it; how ours went is not told any more.
    progress_.fate = CorrectionFate::kUnknown;
  }
  if (correct_sent_ && progress_.fate != CorrectionFate::kNotMoved &&
      !progress_.measured_after && progress_.reason != HostReason::kGone) {
    AskMeasurement(kVerifyLimit, now);
    return;
  }
  Close(now);
}

void HostCorrection::Close(MonotonicTime now) {
  Judge();
  awaits_ = Awaits::kClosedWritten;
  ClosedRecord closed;
  closed.result = static_cast<uint8_t>(progress_.result);
  closed.reason = static_cast<uint8_t>(progress_.reason);
  closed.held = progress_.held;
  closed.fate = progress_.fate;
  closed.moved = progress_.moved;
  closed.at_rest_for = progress_.mail_at_rest_for;
  closed.offset_before_lo = progress_.offset_before.lo;
  closed.offset_before_hi = progress_.offset_before.hi;
  closed.offset_after_lo = progress_.offset_after.lo;
  closed.offset_after_hi = progress_.offset_after.hi;
  Write({closed}, now);
}

void HostCorrection::Judge() {
  const auto held = [this](HostResult result, HostReason why) {
    progress_.result = result;
    progress_.reason = why;
    progress_.held = true;
  };
  const bool ours = told_.has_value() && told_->operation == plan_.operation;
  const Interval target = {-plan_.target, plan_.target};
  const bool in_target =
      progress_.measured_after && progress_.offset_after.Within(target);
  switch (progress_.fate) {
    case CorrectionFate::kNotMoved:
      progress_.result = HostResult::kNotCorrected;
      progress_.words = "the clock was not moved";
      // A person has to see why.
      progress_.held = progress_.refusal == Refusal::kWouldNotStop;
      break;
    case CorrectionFate::kUnknown:
      held(HostResult::kUnclear, HostReason::kFateUnknown);
      progress_.words = "nobody knows whether the clock was moved";
      break;
    case CorrectionFate::kMoved:
      if (ours && told_->outcome == OperationOutcome::kDisputed) {
        held(HostResult::kUnclear, HostReason::kDisputed);
        progress_.words = "something moved the clock after us";
      } else if (!progress_.measured_after) {
        held(HostResult::kUnclear, HostReason::kUnverified);
        progress_.words = "the clock was moved, and could not be measured";
      } else if (!in_target) {
        held(HostResult::kUnclear, HostReason::kOffTarget);
        progress_.words = "the clock was moved, and is not right";
      } else {
        progress_.result = HostResult::kCorrected;
        progress_.words = "the clock is right";
      }
      break;
  }
  if (ours && told_->outcome == OperationOutcome::kResumeFailed) {
    held(progress_.result, HostReason::kResumeFailed);
    progress_.words = "a service did not come back";
  }
}

// --- the journal ---

HostCorrection HostCorrection::FromJournal(
    const std::vector<JournalRecord>& records, OperationId operation,
    const CorrectionLimits& limits, BootId host_boot) {
  HostPlan plan;
  plan.operation = operation;
  for (const JournalRecord& record : records) {
    if (!(record.operation == operation)) continue;
    plan.epoch = record.epoch;
    if (const auto* planned = std::get_if<PlannedRecord>(&record.body)) {
      plan.guest = planned->guest;
      plan.guest_name = planned->name;
      plan.method = planned->method;
      plan.quiesces = planned->quiesces;
      plan.lease = planned->lease;
      plan.offset = {planned->offset_lo, planned->offset_hi};
    }
  }
  HostCorrection correction(plan, limits, host_boot);
  correction.recovered_ = true;
  for (const JournalRecord& record : records) {
    const auto* phase = std::get_if<PhaseRecord>(&record.body);
    if (phase == nullptr || !(record.operation == operation)) continue;
    correction.order_end_ = phase->valid_until;
    correction.order_boot_ = phase->guest_boot;
    correction.announced_ = phase->amount;
    if (phase->phase == static_cast<uint8_t>(HostPhase::kQuiesceSent)) {
      correction.quiesce_sent_ = true;
    } else if (phase->phase == static_cast<uint8_t>(HostPhase::kCorrectSent)) {
      correction.correct_sent_ = true;
    }
  }
  return correction;
}

std::vector<OperationId> OpenOperations(
    const std::vector<JournalRecord>& records) {
  std::vector<OperationId> open;
  for (const JournalRecord& record : records) {
    if (std::holds_alternative<PlannedRecord>(record.body)) {
      open.push_back(record.operation);
    } else if (std::holds_alternative<ClosedRecord>(record.body)) {
      open.erase(std::remove(open.begin(), open.end(), record.operation),
                 open.end());
    }
  }
  return open;
}

}  // namespace noonmark
