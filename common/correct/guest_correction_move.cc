// The move: looked at once more, written down, done, and read back.

#include <algorithm>

#include "common/correct/guest_correction.h"

namespace noonmark {
namespace {

constexpr absl::Duration kBetweenSlewLooks = absl::Seconds(1);

}  // namespace

Interval GuestCorrection::AgreedRealMinusBoot() const {
  return Interval::Exactly(op_.correct->real_minus_boot)
      .WidenedBy(config_.limits.clock_tolerance);
}

Interval GuestCorrection::AgreedRealMinusRaw() const {
  return accepted_rate_->WidenedBy(config_.limits.clock_tolerance +
                                   config_.limits.rate_tolerance);
}

void GuestCorrection::EnterMove(absl::Duration boottime) {
  switch (stage_) {
    case Stage::kLook:
      Await(ReadClock{}, Awaited::kClock);
      break;
    case Stage::kMoveIntent:
      if (op_.lease_end == absl::ZeroDuration()) NoteBegin(boottime);
      Write({move_intent_}, boottime);
      break;
    case Stage::kMoving: {
      MoveClock move;
      move.method = op_.correct->method;
      move.amount = op_.correct->amount;
      move.all_at_rest = op_.all_rest;
      move.also = OurNames();
      move.not_after = op_.move_by;
      if (op_.lease_end != absl::ZeroDuration()) {
        move.not_after = std::min(move.not_after, op_.resume_by);
      }
      move.real_minus_boot = AgreedRealMinusBoot();
      move.real_minus_raw = AgreedRealMinusRaw();
      Await(std::move(move), Awaited::kMove);
      break;
    }
    case Stage::kSlewing: {
      const absl::Duration slew = SlewTime(op_.correct->amount);
      stage_end_ = boottime + slew + slew / 10 + absl::Seconds(5);
      wait_until_ = boottime + kBetweenSlewLooks;
      break;
    }
    case Stage::kMovedRecord:
      Write({MovedRecord{op_.fate, op_.moved}}, boottime);
      break;
    default:
      break;
  }
}

bool GuestCorrection::AdvanceMove(absl::Duration boottime) {
  if (!StageDone()) return false;
  const Stage before = stage_;
  switch (stage_) {
    case Stage::kLook:
      AfterLook(boottime);
      break;
    case Stage::kMoveIntent:
      if (all_ok_) {
        Enter(Stage::kMoving, boottime);
      } else {
        TurnBack(Refusal::kJournal, failed_, boottime);
      }
      break;
    case Stage::kMoving:
      AfterMove(boottime);
      break;
    case Stage::kSlewing:
      if (clock_.has_value()) {
        AfterSlewLook(boottime);
      } else if (boottime >= std::min(wait_until_, stage_end_)) {
        wait_until_ = absl::InfiniteDuration();
        Await(ReadClock{}, Awaited::kClock);
      }
      break;
    case Stage::kMovedRecord:
      // Whether it is durable or not: what is left to do is the same.
      if (op_.fate == CorrectionFate::kMoved) {
        Enter(Stage::kPrepare, boottime);
      } else {
        TurnBack(op_.given_up, op_.detail, boottime);
      }
      break;
    default:
      break;
  }
  return stage_ != before;
}

void GuestCorrection::AfterLook(absl::Duration boottime) {
  if (!clock_->ok) return TurnBack(Refusal::kClock, failed_, boottime);
  const ClockReading& reading = clock_->before;
  const Interval now = RealMinusBoot(reading);
  if (!accepted_rate_.has_value()) accepted_rate_ = RealMinusRaw(reading);
  if (!now.Meets(AgreedRealMinusBoot()) ||
      !RealMinusRaw(reading).Meets(AgreedRealMinusRaw())) {
    return TurnBack(Refusal::kClockMoved, "", boottime);
  }
  if (!StaysInRange(reading, op_.correct->amount)) {
    return TurnBack(Refusal::kRange, "", boottime);
  }
  if (reading.boottime > op_.move_by) {
    return TurnBack(Refusal::kExpired, "", boottime);
  }
  before_move_ = now;
  shown_ = reading.realtime;
  move_intent_ = MoveIntentRecord{op_.correct->method, op_.correct->amount,
                                  now.lo, now.hi};
  Enter(Stage::kMoveIntent, boottime);
}

void GuestCorrection::AfterMove(absl::Duration boottime) {
  const Interval before = RealMinusBoot(move_->before);
  const Interval after = RealMinusBoot(move_->after);
  if (!move_->ok) {
    op_.given_up =
        move_->refusal == Refusal::kNone ? Refusal::kClock : move_->refusal;
    op_.detail = failed_.substr(0, kMostDetailCharacters);
  }
  // A refusal of ours moves nothing. The kernel is believed only as far as the
  // clock bears it out.
  if (!move_->ok && move_->refusal != Refusal::kClock) {
    Enter(Stage::kMovedRecord, boottime);
    return;
  }
  if (op_.correct->method == CorrectionMethod::kSlew) {
    if (move_->ok) {
      left_at_ = after;
      Enter(Stage::kSlewing, boottime);
    } else {
      Enter(Stage::kMovedRecord, boottime);
    }
    return;
  }
  op_.fate = FateOf(op_.correct->amount, before, after,
                    config_.limits.clock_tolerance);
  op_.moved = (after - before).Middle();
  if (op_.fate != CorrectionFate::kMoved && op_.given_up == Refusal::kNone) {
    op_.given_up = Refusal::kClockMoved;
  }
  left_at_ = after;
  Enter(Stage::kMovedRecord, boottime);
}

void GuestCorrection::AfterSlewLook(absl::Duration boottime) {
  const ActResult seen = *clock_;
  clock_.reset();
  const auto over = [&](CorrectionFate fate, Refusal why) {
    op_.fate = fate;
    op_.given_up = why;
    Enter(Stage::kMovedRecord, boottime);
  };
  if (seen.ok) {
    // Who sets the clock ends a slew, wherever it was.
    const Interval now = RealMinusBoot(seen.before);
    if (!now.Meets(left_at_->WidenedBy(config_.limits.clock_tolerance))) {
      over(CorrectionFate::kUnknown, Refusal::kClockMoved);
      return;
    }
    if (seen.slew_left == absl::ZeroDuration()) {
      op_.moved = op_.correct->amount;
      over(CorrectionFate::kMoved, Refusal::kNone);
      return;
    }
    op_.moved = op_.correct->amount - seen.slew_left;
  }
  if (boottime >= stage_end_) {
    over(CorrectionFate::kUnknown, Refusal::kClock);
    return;
  }
  wait_until_ = boottime + kBetweenSlewLooks;
}

}  // namespace noonmark
