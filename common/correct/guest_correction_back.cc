// The way back, be it from the move or from wherever an operation was given up
// or died: time daemons first, then mail, and the end written down.

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/correct/guest_correction.h"

namespace noonmark {
namespace {

constexpr uint32_t kStatusUnsynchronised =
    0x0040;  // STA_UNSYNC, <linux/timex.h>
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(500);
constexpr absl::Duration kBetweenEndings = absl::Seconds(5);
constexpr absl::Duration kPrepareInHurry = absl::Seconds(1);
constexpr int kLastRank = 3;
// From one try at the hold's end to the next, and after the first few.
constexpr absl::Duration kBetweenHoldTries = absl::Seconds(1);
constexpr absl::Duration kLaterHoldTries = absl::Seconds(5);
constexpr int kFewHoldTries = 3;
// noonmark-resume, which is root, ends it when the lease does. Until it had
// the time to, nothing is told to be over.
constexpr absl::Duration kKeeperTakes = absl::Seconds(10);

}  // namespace

bool GuestCorrection::IsDaemonOurs() const {
  return std::any_of(op_.ours.begin(), op_.ours.end(), [](const SeenUnit& u) {
    return u.role == ServiceRole::kTimeDaemon;
  });
}

void GuestCorrection::EnterBack(absl::Duration boottime) {
  switch (stage_) {
    case Stage::kRecovering:
      return_ = UnitReturn();
      Await(ReadClock{}, Awaited::kClock);
      Await(SurveyUnits{OurNames()}, Awaited::kSurvey);
      break;
    case Stage::kPrepare: {
      return_ = UnitReturn();
      start_rank_ = 0;
      hurried_ = false;
      agreed_ = false;
      hold_ended_ = !op_.all_rest;
      hold_left_ = false;
      hold_tries_ = 0;
      hold_due_ = boottime;
      for (const SeenUnit& unit : op_.ours) return_.Add(unit);
      if (op_.fate == CorrectionFate::kNotMoved) break;
      std::set<std::string> profiles;
      for (const SeenUnit& unit : op_.ours) {
        if (unit.acts_before_start) profiles.insert(unit.profile);
      }
      for (const std::string& profile : profiles) {
        Await(RunAction{profile, ActionPhase::kBeforeStart});
      }
      stage_end_ = boottime + kPrepareInHurry;
      break;
    }
    case Stage::kSettling:
    case Stage::kAwaiting:
    case Stage::kHolding:
      Await(ReadClock{}, Awaited::kClock);
      if (stage_ == Stage::kAwaiting) {
        stage_end_ = boottime + config_.limits.resume_patience;
      }
      if (stage_ == Stage::kHolding) stage_end_ = HoldEnd();
      break;
    case Stage::kStarting:
      start_rank_ = std::max(start_rank_, 1);
      break;
    case Stage::kLastLook:
      if (op_.rest_since.has_value()) {
        op_.at_rest_for = boottime - *op_.rest_since;
      }
      if (left_at_.has_value()) Await(ReadClock{}, Awaited::kClock);
      break;
    case Stage::kAfterStep: {
      if (op_.fate == CorrectionFate::kNotMoved) break;
      std::set<std::string> profiles;
      for (const SeenUnit& unit : op_.ours) {
        if (unit.acts_after_step) profiles.insert(unit.profile);
      }
      for (const std::string& profile : profiles) {
        Await(RunAction{profile, ActionPhase::kStep});
      }
      break;
    }
    case Stage::kResumeHooks:
      if (op_.hooks_ran) {
        Await(RunHooks{false, op_.announced, absl::ZeroDuration(),
                       absl::InfiniteDuration()});
      }
      break;
    case Stage::kEnding:
      Write({Ended()}, boottime);
      break;
    case Stage::kDisarm:
      if (op_.lease_end != absl::ZeroDuration()) Await(ArmDeadMan{false});
      break;
    default:
      break;  // kDaemons: StartDue(); kEndHold: EndHoldIfDue()
  }
}

bool GuestCorrection::AdvanceBack(absl::Duration boottime) {
  const Stage before = stage_;
  const bool done = StageDone();
  const bool moved = op_.fate == CorrectionFate::kMoved;
  // Whatever is waited for: what is left to start is started now. Only what a
  // time daemon needs before its start has a moment yet.
  if (!hurried_ && Urgent(boottime) && stage_ < Stage::kLastLook &&
      stage_ != Stage::kRecovering &&
      (stage_ != Stage::kPrepare || done || boottime >= stage_end_)) {
    hurried_ = true;
    if (stage_ < Stage::kEndHold) {
      op_.lease_ended = true;
      Enter(Stage::kEndHold, boottime);
    }
    start_rank_ = kLastRank;
    return true;
  }
  switch (stage_) {
    case Stage::kRecovering:
      if (done) AfterRecovery(boottime);
      break;
    case Stage::kPrepare:
      if (!done) break;
      if (IsDaemonOurs()) {
        Enter(Stage::kDaemons, boottime);
      } else {
        Enter(moved ? Stage::kAwaiting : Stage::kEndHold, boottime);
      }
      break;
    case Stage::kDaemons:
      StartDue(boottime);
      if (return_.Tried(0)) {
        daemons_up_at_ = boottime;
        Enter(Stage::kSettling, boottime);
      }
      break;
    case Stage::kSettling:
    case Stage::kAwaiting:
    case Stage::kHolding:
      if (done && clock_.has_value()) {
        TrackClock();
        // The step took the mark away; so it is of this clock. Without a step
        // it may be of one that somebody else disciplined before.
        const bool stepped = moved && op_.correct.has_value() &&
                             op_.correct->method == CorrectionMethod::kStep;
        const bool synchronised =
            clock_->ok && stepped &&
            (clock_->discipline.status & kStatusUnsynchronised) == 0;
        clock_.reset();
        wait_until_ = boottime + kBetweenLooks;
        agreed_ = agreed_ || synchronised;
      }
      if (LeaveWaiting(boottime)) break;
      if (done && boottime >= wait_until_) {
        wait_until_ = absl::InfiniteDuration();
        Await(ReadClock{}, Awaited::kClock);
      }
      break;
    case Stage::kEndHold:
      // What starts before it waits for it.
      EndHoldIfDue(boottime);
      if (IsHoldOver() || hurried_) Enter(Stage::kStarting, boottime);
      break;
    case Stage::kStarting:
      EndHoldIfDue(boottime);
      StartDue(boottime);
      if (start_rank_ < kLastRank && return_.Tried(start_rank_)) {
        ++start_rank_;
        return true;
      }
      if (return_.Over() && IsHoldOver()) Enter(Stage::kLastLook, boottime);
      break;
    case Stage::kLastLook:
      if (done) {
        if (clock_.has_value()) TrackClock();
        Enter(Stage::kAfterStep, boottime);
      }
      break;
    case Stage::kAfterStep:
      if (done) Enter(Stage::kResumeHooks, boottime);
      break;
    case Stage::kResumeHooks:
      if (done) Enter(Stage::kEnding, boottime);
      break;
    case Stage::kEnding:
      if (!done) break;
      op_.ended = true;
      op_.outcome = OutcomeNow();
      if (all_ok_) {
        Enter(Stage::kDisarm, boottime);
      } else if (wait_until_ == absl::InfiniteDuration()) {
        // Services are back: the timer has nothing to do, and what is still
        // owed is that the next boot knows.
        if (looks_++ == 0 && op_.lease_end != absl::ZeroDuration()) {
          Do(ArmDeadMan{false});
        }
        wait_until_ = boottime + kBetweenEndings;
      } else if (boottime >= wait_until_) {
        wait_until_ = absl::InfiniteDuration();
        all_ok_ = true;
        Write({Ended()}, boottime);
      }
      break;
    case Stage::kDisarm:
      if (done) Enter(Stage::kIdle, boottime);
      break;
    default:
      break;
  }
  return stage_ != before;
}

bool GuestCorrection::IsHoldOver() const { return hold_ended_ || hold_left_; }

void GuestCorrection::HoldEnded(const ActResult& result,
                                absl::Duration boottime) {
  hold_ended_ = result.ok;
  if (!result.unheard) ++hold_tries_;
  hold_due_ = boottime + (hold_tries_ < kFewHoldTries ? kBetweenHoldTries
                                                      : kLaterHoldTries);
  hold_left_ =
      hold_tries_ >= kFewHoldTries && boottime >= op_.lease_end + kKeeperTakes;
}

bool GuestCorrection::IsEndingHold() const {
  return std::any_of(pending_.begin(), pending_.end(), [](const auto& act) {
    return act.second.what == Awaited::kEndHold;
  });
}

void GuestCorrection::EndHoldIfDue(absl::Duration boottime) {
  if (IsEndingHold() || IsHoldOver() || boottime < hold_due_) return;
  Await(EndHold{}, Awaited::kEndHold);
}

void GuestCorrection::StartDue(absl::Duration boottime) {
  for (GuestAct& act : return_.Next(start_rank_, boottime)) {
    if (const auto* start = std::get_if<StartUnit>(&act)) {
      const std::string unit = start->unit;
      Await(std::move(act), Awaited::kStart, unit);
    } else {
      const std::string unit = std::get<AskReady>(act).unit;
      Await(std::move(act), Awaited::kAsk, unit);
    }
  }
}

bool GuestCorrection::LeaveWaiting(absl::Duration boottime) {
  const bool moved = op_.fate == CorrectionFate::kMoved;
  switch (stage_) {
    case Stage::kSettling:
      if (!op_.lease_ended && !Settled(boottime)) return false;
      Enter(moved && op_.all_rest && !op_.lease_ended ? Stage::kAwaiting
                                                      : Stage::kEndHold,
            boottime);
      return true;
    case Stage::kAwaiting:
      if (op_.all_rest && !op_.recovered && !op_.resume_ordered &&
          !op_.lease_ended && boottime < stage_end_) {
        return false;
      }
      Enter(HoldEnd() > boottime && !op_.lease_ended ? Stage::kHolding
                                                     : Stage::kEndHold,
            boottime);
      return true;
    default:
      if (!op_.lease_ended && boottime < stage_end_) return false;
      Enter(Stage::kEndHold, boottime);
      return true;
  }
}

bool GuestCorrection::Settled(absl::Duration boottime) const {
  absl::Duration settle;
  bool kernel_tells = true;
  for (const SeenUnit& unit : op_.ours) {
    if (unit.role == ServiceRole::kTimeDaemon) {
      settle = std::max(settle, unit.settle);
      kernel_tells = kernel_tells && unit.kernel_tells;
    }
  }
  if (agreed_ && kernel_tells) return true;
  return boottime >= daemons_up_at_ + settle;
}

absl::Duration GuestCorrection::HoldEnd() const {
  if (op_.recovered || !op_.all_rest || !op_.correct.has_value() ||
      op_.correct->amount >= absl::ZeroDuration() || !left_at_.has_value() ||
      IsDisputed()) {
    return absl::ZeroDuration();
  }
  const absl::Duration most =
      std::min(op_.correct->hold_max, config_.limits.hold_cap);
  // REALTIME is at `shown_` again when BOOTTIME is here.
  const absl::Duration end = shown_ - left_at_->lo;
  return -op_.correct->amount <= most && end <= op_.resume_by
             ? end
             : absl::ZeroDuration();
}

void GuestCorrection::TrackClock() {
  if (!clock_->ok || !left_at_.has_value()) return;
  const Interval now = RealMinusBoot(clock_->before);
  if (now.Meets(left_at_->WidenedBy(config_.limits.clock_tolerance))) return;
  op_.moved_by_others += (now - *left_at_).Middle();
  left_at_ = now;
}

bool GuestCorrection::IsDisputed() const {
  return absl::AbsDuration(op_.moved_by_others) >
         config_.limits.dispute_tolerance;
}

OperationOutcome GuestCorrection::OutcomeNow() const {
  if (!return_.Failed().empty()) return OperationOutcome::kResumeFailed;
  if (op_.fate == CorrectionFate::kMoved && IsDisputed()) {
    return OperationOutcome::kDisputed;
  }
  if (op_.lease_ended) return OperationOutcome::kLeaseEnded;
  return op_.fate == CorrectionFate::kMoved ? OperationOutcome::kDone
                                            : OperationOutcome::kGivenUp;
}

RecordBody GuestCorrection::Ended() const {
  return EndedRecord{OutcomeNow(), op_.given_up,        op_.fate,
                     op_.moved,    op_.moved_by_others, op_.at_rest_for};
}

}  // namespace noonmark
