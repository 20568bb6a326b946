#include "common/correct/host_correction.h"

#include <algorithm>
#include <utility>

#include "common/correct/order_check.h"

namespace noonmark {
namespace {

// How long a fresh measurement is waited for, and how often it is asked for.
constexpr absl::Duration kMeasureLimit = absl::Seconds(10);
constexpr absl::Duration kBetweenAsks = absl::Seconds(2);
// Mail waits for what these find out; or it does not.
constexpr absl::Duration kBetweenPolls = absl::Milliseconds(250);
constexpr absl::Duration kBetweenPollsAtLeisure = absl::Seconds(5);
constexpr absl::Duration kSilence = absl::Seconds(10);
// After its validity an order is not waited for any longer.
constexpr absl::Duration kAnswerLimit = absl::Seconds(2);

}  // namespace

HostCorrection::HostCorrection(const HostPlan& plan,
                               const CorrectionLimits& limits, BootId host_boot)
    : plan_(plan), limits_(limits), host_boot_(host_boot) {
  progress_.phase = HostPhase::kPlanned;
  progress_.offset_before = plan.offset;
  progress_.words = "planned";
}

// --- what happens ---

HostCorrection::Acts HostCorrection::Begin(MonotonicTime now) {
  if (recovered_) {
    // Whatever was sent may have been obeyed, and may still be.
    progress_.reason = HostReason::kRestarted;
    if (!quiesce_sent_ && !correct_sent_) {
      Release(now);
    } else {
      release_at_ = now + limits_.order_validity + ReleaseAfter();
      Go(HostPhase::kAborting);
      awaits_ = Awaits::kGuest;
      Poll(now);
    }
    return Finish(now);
  }
  if (!host_proven_) {
    progress_.reason = HostReason::kHostUnproven;
    Judge();
    Go(HostPhase::kClosed);
    return Finish(now);
  }
  PlannedRecord planned;
  planned.guest = plan_.guest;
  planned.name = plan_.guest_name;
  planned.method = plan_.method;
  planned.quiesces = plan_.quiesces;
  planned.lease = plan_.lease;
  planned.offset_lo = plan_.offset.lo;
  planned.offset_hi = plan_.offset.hi;
  awaits_ = Awaits::kPlanWritten;
  Write({std::move(planned)}, now);
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Take(const RecordsAnswer& answer,
                                          MonotonicTime now) {
  switch (awaits_) {
    case Awaits::kPlanWritten:
      if (!answer.durable) {
        // Perhaps it is written; nothing was done in any case.
        progress_.reason = HostReason::kJournal;
        Release(now);
      } else if (plan_.quiesces) {
        awaits_ = Awaits::kSlot;
        out_.push_back(TakeSlot{});
      } else {
        AskMeasurement(kMeasureLimit, now);
      }
      break;
    case Awaits::kOrderWritten:
      if (!answer.durable) {
        Abort(HostReason::kJournal, now);
      } else {
        SendPrepared(now);
      }
      break;
    case Awaits::kClosedWritten:
      // Written or not: a journal that has it open is asked about again, and
      // nothing comes of it.
      awaits_ = Awaits::kNothing;
      Go(HostPhase::kClosed);
      break;
    case Awaits::kNothing:
    case Awaits::kSlot:
    case Awaits::kMeasurement:
    case Awaits::kGuest:
      break;
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Take(const SlotAnswer& answer,
                                          MonotonicTime now) {
  if (awaits_ == Awaits::kSlot) {
    if (answer.taken) {
      Go(HostPhase::kSlotTaken);
      AskMeasurement(kMeasureLimit, now);
    } else {
      progress_.reason = HostReason::kNoSlot;
      progress_.words = answer.why;
      Release(now);
    }
  } else if (answer.taken && !quiesce_sent_) {
    out_.push_back(FreeSlot{});  // given up meanwhile
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Take(const HostMeasurement& measured,
                                          MonotonicTime now) {
  if (awaits_ == Awaits::kMeasurement && measured.asked >= asked_at_ &&
      measured.asked >= host_stepped_) {
    AfterMeasurement(measured, now);
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Take(const OrderAnswer& answer,
                                          MonotonicTime now) {
  if (!Over() && IsNews(answer.status, now)) {
    told_at_ = now;
    Heed(answer.status, now);
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Take(DomainLife life, MonotonicTime now) {
  // What rests while the guest stands still rests on when it goes on.
  const bool stands = life == DomainLife::kPaused;
  if (stands && !paused_) paused_since_ = now;
  if (!stands && paused_) release_at_ += now - paused_since_;
  paused_ = stands;
  const bool sent = quiesce_sent_ || correct_sent_;
  if (Over() || progress_.phase == HostPhase::kResumed) return Finish(now);
  switch (life) {
    case DomainLife::kRuns:
    case DomainLife::kPaused:
      break;
    case DomainLife::kGone:
      // Nothing runs in it, and its next boot begins anew.
      if (progress_.reason == HostReason::kNone) {
        progress_.reason = HostReason::kGone;
      }
      if (correct_sent_ && progress_.fate != CorrectionFate::kMoved) {
        progress_.fate = CorrectionFate::kUnknown;
      }
      Release(now);
      break;
    case DomainLife::kMigratedAway:
      // It is another dom0's now, and what rests rests for its lease.
      silent_ = true;
      if (sent) {
        Abort(HostReason::kGone, now);
      } else {
        progress_.reason = HostReason::kGone;
        Release(now);
      }
      break;
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::TakeHost(bool proven, bool stepped,
                                              MonotonicTime now) {
  host_proven_ = proven;
  if (stepped) host_stepped_ = now;
  const bool right = proven && !stepped;
  // An order to correct may be on its way, and is not sent again.
  if (!right && awaits_ != Awaits::kNothing &&
      progress_.phase < HostPhase::kCorrected) {
    Abort(HostReason::kHostUnproven, now);
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Cancel(MonotonicTime now) {
  // An order to correct cannot be called back; what follows it is resumed
  // anyway.
  if (awaits_ != Awaits::kNothing && !correct_sent_ &&
      progress_.phase < HostPhase::kAborting) {
    Abort(HostReason::kCancelled, now);
  }
  return Finish(now);
}

HostCorrection::Acts HostCorrection::Tick(MonotonicTime now) {
  ticks_at_ = MonotonicTime();
  if (awaits_ == Awaits::kMeasurement) {
    if (now >= measure_until_) {
      AfterMissedMeasurement(now);
    } else if (now >= next_ask_) {
      next_ask_ = now + kBetweenAsks;
      out_.push_back(Measure{});
    }
  } else if (awaits_ == Awaits::kGuest) {
    const bool answered =
        told_.has_value() && told_->operation == plan_.operation;
    if (now >= release_at_ && !paused_) {
      // Its lease is over by now, and no order is accepted any more.
      if (progress_.reason == HostReason::kNone) {
        progress_.reason = HostReason::kNoAnswer;
      }
      if (correct_sent_ && progress_.fate == CorrectionFate::kNotMoved) {
        progress_.fate = CorrectionFate::kUnknown;
      }
      Release(now);
    } else if (progress_.phase == HostPhase::kQuiesceSent && !answered &&
               now >= order_until_ + kAnswerLimit) {
      Abort(HostReason::kNoAnswer, now);
    } else if (now >= next_poll_) {
      Poll(now);
    }
  }
  return Finish(now);
}

// --- measuring ---

void HostCorrection::AskMeasurement(absl::Duration limit, MonotonicTime now) {
  awaits_ = Awaits::kMeasurement;
  asked_at_ = now;
  measure_until_ = now + limit;
  next_ask_ = now + kBetweenAsks;
  out_.push_back(Measure{});
}

HostReason HostCorrection::Objection(const HostMeasurement& measured) const {
  if (!host_proven_) return HostReason::kHostUnproven;
  if (measured.offset.HalfWidth() > plan_.target / 2) {
    return HostReason::kNotMeasured;
  }
  const bool first = !quiesce_sent_;
  if (!first && measured.guest_boot != order_boot_) {
    return HostReason::kRebooted;
  }
  // The correction is that of the plan, or none.
  const absl::Duration amount = -measured.offset.Middle();
  const absl::Duration meant = first ? -plan_.offset.Middle() : announced_;
  const bool same_way =
      (amount < absl::ZeroDuration()) == (meant < absl::ZeroDuration());
  const absl::Duration size = absl::AbsDuration(amount);
  if (!plan_.corrects) return HostReason::kNone;
  if (!same_way || size == absl::ZeroDuration() ||
      size > absl::AbsDuration(meant) + limits_.announced_tolerance ||
      size > limits_.amount_cap) {
    return HostReason::kOffsetChanged;
  }
  const bool bearable =
      plan_.method == CorrectionMethod::kSlew
          ? size <= limits_.slew_cap
          : amount > absl::ZeroDuration() && size <= limits_.forward_unquiesced;
  return plan_.quiesces || bearable ? HostReason::kNone
                                    : HostReason::kOffsetChanged;
}

void HostCorrection::AfterMeasurement(const HostMeasurement& measured,
                                      MonotonicTime now) {
  awaits_ = Awaits::kNothing;
  if (correct_sent_) {
    if (host_proven_ && measured.offset.HalfWidth() <= plan_.target / 2) {
      progress_.measured_after = true;
      progress_.offset_after = measured.offset;
    }
    if (progress_.phase == HostPhase::kResumed) {
      Close(now);
    } else {
      Go(HostPhase::kVerified);
      Resume(now);
    }
    return;
  }
  const HostReason objection = Objection(measured);
  if (objection != HostReason::kNone) {
    Abort(objection, now);
    return;
  }
  progress_.offset_before = measured.offset;
  PrepareOrder(measured, now);
}

void HostCorrection::AfterMissedMeasurement(MonotonicTime now) {
  awaits_ = Awaits::kNothing;
  if (!correct_sent_) {
    Abort(HostReason::kNotMeasured, now);
  } else if (progress_.phase == HostPhase::kResumed) {
    Close(now);
  } else {
    Go(HostPhase::kVerified);
    Resume(now);
  }
}

// --- orders ---

void HostCorrection::PrepareOrder(const HostMeasurement& measured,
                                  MonotonicTime now) {
  const absl::Duration amount =
      plan_.corrects ? -measured.offset.Middle() : absl::ZeroDuration();
  const OrderHeader header = {plan_.operation, plan_.epoch,
                              measured.guest_boot};
  order_end_ = measured.guest_boottime + limits_.order_validity;
  order_boot_ = measured.guest_boot;
  order_boot_seen_ = measured.asked;
  // The guest read its clocks after this was asked.
  order_until_ = measured.asked + limits_.order_validity;
  PhaseRecord record;
  record.amount = amount;
  record.valid_until = order_end_;
  record.guest_boot = order_boot_;
  if (plan_.quiesces && !quiesce_sent_) {
    announced_ = amount;
    order_ = QuiesceOrder{header, plan_.lease, amount, order_end_};
    record.phase = static_cast<uint8_t>(HostPhase::kQuiesceSent);
  } else {
    order_ = CorrectOrder{header,
                          plan_.method,
                          amount,
                          order_end_,
                          measured.guest_real_minus_boot,
                          plan_.hold_max};
    record.phase = static_cast<uint8_t>(HostPhase::kCorrectSent);
  }
  awaits_ = Awaits::kOrderWritten;
  Write({record}, now);
}

void HostCorrection::SendPrepared(MonotonicTime now) {
  const bool quiesce = std::holds_alternative<QuiesceOrder>(*order_);
  // Too late to be obeyed: as if it had not been prepared.
  if (now >= order_until_) {
    Abort(HostReason::kNotMeasured, now);
    return;
  }
  Go(quiesce ? HostPhase::kQuiesceSent : HostPhase::kCorrectSent);
  (quiesce ? quiesce_sent_ : correct_sent_) = true;
  release_at_ = now + limits_.order_validity + ReleaseAfter();
  awaits_ = Awaits::kGuest;
  out_.push_back(SendOrder{*order_});
  told_at_ = now;
  next_poll_ = now + kBetweenPolls;
}

void HostCorrection::Poll(MonotonicTime now) {
  const bool nobody_waits =
      now - told_at_ > kSilence || (!plan_.quiesces && now >= order_until_) ||
      (progress_.phase == HostPhase::kQuiesced && !plan_.corrects);
  next_poll_ = now + (nobody_waits ? kBetweenPollsAtLeisure : kBetweenPolls);
  if (silent_) return;
  const bool resumes = !deposed_ && (progress_.phase == HostPhase::kAborting ||
                                     progress_.phase == HostPhase::kResumeSent);
  if (resumes) {
    out_.push_back(
        SendOrder{ResumeOrder{{plan_.operation, plan_.epoch, order_boot_}}});
  } else if (!deposed_ && order_.has_value() && now < order_until_ &&
             (!told_.has_value() || !(told_->operation == plan_.operation))) {
    // As long as it can be accepted, and was not.
    out_.push_back(SendOrder{*order_});
  } else if (correct_sent_ && now < order_until_ && told_.has_value() &&
             told_->phase == OperationPhase::kAtRest) {
    out_.push_back(SendOrder{*order_});
  } else {
    out_.push_back(SendOrder{StatusOrder{}});
  }
}

absl::Duration HostCorrection::ReleaseAfter() const {
  // The guest's clocks may run slower than ours, by a slew that nobody owns.
  absl::Duration rest = plan_.lease;
  if (!plan_.quiesces) {
    rest = limits_.lease_cap;
    if (plan_.method == CorrectionMethod::kSlew) {
      rest += SlewTime(limits_.slew_cap);
    }
  }
  return rest + rest / 8 + absl::Seconds(10);
}

// --- the rest ---

void HostCorrection::Go(HostPhase phase) {
  progress_.phase = phase;
  switch (phase) {
    case HostPhase::kPlanned:
      progress_.words = "planned";
      break;
    case HostPhase::kSlotTaken:
      progress_.words = "measuring before mail is stopped";
      break;
    case HostPhase::kQuiesceSent:
      progress_.words = "mail is being brought to rest";
      break;
    case HostPhase::kQuiesced:
      progress_.words =
          plan_.corrects ? "mail rests; measuring again" : "mail rests";
      break;
    case HostPhase::kCorrectSent:
      progress_.words = plan_.method == CorrectionMethod::kSlew
                            ? "the clock is being slewed"
                            : "the clock is being stepped";
      break;
    case HostPhase::kCorrected:
      progress_.words = "the clock was moved; measuring again";
      break;
    case HostPhase::kVerified:
    case HostPhase::kResumeSent:
      progress_.words = "mail is being started";
      break;
    case HostPhase::kAborting:
      progress_.words = "given up; mail is being started";
      break;
    case HostPhase::kResumed:
      progress_.words = "mail is back";
      break;
    case HostPhase::kClosed:
      break;  // what Judge() says
  }
}

void HostCorrection::Write(std::vector<RecordBody> bodies, MonotonicTime now) {
  WriteHostRecords write;
  for (RecordBody& body : bodies) {
    JournalRecord record;
    record.operation = plan_.operation;
    record.epoch = plan_.epoch;
    record.boot = host_boot_;
    record.boottime = now.Reading();
    record.body = std::move(body);
    write.records.push_back(std::move(record));
  }
  out_.push_back(std::move(write));
}

HostCorrection::Acts HostCorrection::Finish(MonotonicTime now) {
  MonotonicTime next;
  if (awaits_ == Awaits::kMeasurement) {
    next = std::min(measure_until_, next_ask_);
  } else if (awaits_ == Awaits::kGuest) {
    next = std::max(now, next_poll_);
  }
  if (next != MonotonicTime() && next != ticks_at_) {
    ticks_at_ = next;
    out_.push_back(TickAt{next});
  }
  return std::exchange(out_, {});
}

}  // namespace noonmark
