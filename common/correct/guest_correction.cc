#include "common/correct/guest_correction.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr size_t kMostPast = 64;

}  // namespace

GuestCorrection::GuestCorrection(const GuestCorrectionConfig& config,
                                 BootId boot)
    : config_(config), boot_(boot) {}

GuestCorrection::Acts GuestCorrection::Done(uint64_t act,
                                            const ActResult& result,
                                            absl::Duration boottime) {
  WatchLease(boottime);
  if (act == epoch_act_ && act != 0) {
    epoch_act_ = 0;
    HandleWaiting(result.ok, boottime);
    return Finish(boottime);
  }
  if (act == survey_act_ && act != 0) {
    survey_act_ = 0;
    if (result.ok && stage_ == Stage::kIdle) listed_ = result.units;
    listed_at_ = boottime;
    return Finish(boottime);
  }
  const auto found = pending_.find(act);
  if (found == pending_.end()) return Finish(boottime);
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  Take(pending, result, boottime);
  return Finish(boottime);
}

void GuestCorrection::Take(const Pending& pending, const ActResult& result,
                           absl::Duration boottime) {
  const auto now_is = [&](ServiceState state) {
    for (SeenUnit& unit : listed_) {
      if (unit.unit == pending.unit) unit.state = state;
    }
  };
  switch (pending.what) {
    case Awaited::kPlain:
      break;
    case Awaited::kSurvey:
      survey_ = result;
      break;
    case Awaited::kClock:
      clock_ = result;
      break;
    case Awaited::kMove:
      move_ = result;
      break;
    case Awaited::kStop:
      if (result.ok) now_is(ServiceState::kInactive);
      break;
    case Awaited::kEndHold:
      HoldEnded(result, boottime);
      return;
    case Awaited::kStart:
      if (result.unheard) return return_.NotHeard(pending.unit, boottime);
      return_.Started(pending.unit, result.ok, boottime);
      now_is(result.ok ? ServiceState::kActive : ServiceState::kFailed);
      return;
    case Awaited::kAsk:
      return_.Asked(pending.unit, result.ok, boottime);
      return;
  }
  if (result.ok) return;
  all_ok_ = false;
  failed_ = pending.unit.empty()
                ? result.detail
                : absl::StrCat(pending.unit, ": ", result.detail);
}

GuestCorrection::Acts GuestCorrection::Wake(absl::Duration boottime) {
  awake_at_ = absl::InfiniteDuration();
  WatchLease(boottime);
  return Finish(boottime);
}

uint64_t GuestCorrection::Do(GuestAct act) {
  const uint64_t number = next_act_++;
  out_.push_back({number, std::move(act)});
  return number;
}

void GuestCorrection::Await(GuestAct act, Awaited what,
                            const std::string& unit) {
  pending_.emplace(Do(std::move(act)), Pending{what, unit});
}

void GuestCorrection::Write(std::vector<RecordBody> bodies,
                            absl::Duration boottime) {
  WriteRecords write;
  for (RecordBody& body : bodies) {
    JournalRecord record;
    record.operation = op_.id;
    record.epoch = std::max(epoch_, op_.epoch);
    record.boot = boot_;
    record.boottime = boottime;
    record.body = std::move(body);
    write.records.push_back(std::move(record));
  }
  Await(std::move(write));
}

bool GuestCorrection::StageDone() const {
  return std::none_of(pending_.begin(), pending_.end(), [](const auto& act) {
    return act.second.what < Awaited::kEndHold;
  });
}

void GuestCorrection::Enter(Stage stage, absl::Duration boottime) {
  // What is starting goes on from stage to stage of the way back.
  const bool forgets = stage <= Stage::kPrepare;
  for (auto act = pending_.begin(); act != pending_.end();) {
    const bool goes_on = act->second.what >= Awaited::kEndHold;
    act = forgets || !goes_on ? pending_.erase(act) : std::next(act);
  }
  stage_ = stage;
  all_ok_ = true;
  failed_.clear();
  survey_.reset();
  clock_.reset();
  move_.reset();
  wait_until_ = absl::InfiniteDuration();
  stage_end_ = absl::InfiniteDuration();
  looks_ = 0;
  if (stage == Stage::kIdle) {
    epochs_in_operation_ = 0;
    while (past_.size() > kMostPast) past_.pop_front();
  } else if (stage <= Stage::kResting) {
    EnterDown(boottime);
  } else if (stage <= Stage::kMovedRecord) {
    EnterMove(boottime);
  } else {
    EnterBack(boottime);
  }
}

bool GuestCorrection::Advance(absl::Duration boottime) {
  if (stage_ == Stage::kIdle) return false;
  if (stage_ <= Stage::kResting) return AdvanceDown(boottime);
  if (stage_ <= Stage::kMovedRecord) return AdvanceMove(boottime);
  return AdvanceBack(boottime);
}

void GuestCorrection::Run(absl::Duration boottime) {
  while (Advance(boottime)) {
  }
}

GuestCorrection::Acts GuestCorrection::Finish(absl::Duration boottime) {
  Run(boottime);
  AdmitPutOff(boottime);
  const absl::Duration next = NextMoment();
  if (next != absl::InfiniteDuration() && next != awake_at_) {
    awake_at_ = next;
    Do(WakeAt{next});
  }
  return std::exchange(out_, {});
}

absl::Duration GuestCorrection::NextMoment() const {
  if (stage_ == Stage::kIdle) return absl::InfiniteDuration();
  absl::Duration next = std::min(wait_until_, stage_end_);
  if (op_.lease_end != absl::ZeroDuration() && !op_.ended) {
    const bool moves =
        stage_ >= Stage::kMoveIntent && stage_ <= Stage::kMovedRecord;
    // Neither is waited for once it was heeded.
    if (stage_ < Stage::kEndHold && !op_.lease_ended && !moves) {
      next = std::min(next, op_.resume_by);
    } else if (stage_ >= Stage::kRecovering && stage_ <= Stage::kStarting &&
               !hurried_) {
      next = std::min(next, op_.urgent_by);
    }
  }
  if (stage_ == Stage::kDaemons || stage_ == Stage::kStarting) {
    next = std::min(next, return_.NextMoment(start_rank_));
  }
  const bool ends_hold =
      stage_ == Stage::kEndHold || stage_ == Stage::kStarting;
  if (ends_hold && !IsHoldOver() && !IsEndingHold()) {
    next = std::min(next, hold_due_);
  }
  return next;
}

bool GuestCorrection::Urgent(absl::Duration boottime) const {
  return op_.lease_end != absl::ZeroDuration() && boottime >= op_.urgent_by;
}

void GuestCorrection::WatchLease(absl::Duration boottime) {
  if (stage_ == Stage::kIdle || op_.lease_end == absl::ZeroDuration() ||
      op_.ended || boottime < op_.resume_by || op_.lease_ended) {
    return;
  }
  // The move is one act, and the records beside it are quick; a slew's lease is
  // longer than the slew.
  if (stage_ >= Stage::kMoveIntent && stage_ <= Stage::kMovedRecord) return;
  if (stage_ >= Stage::kEndHold) return;
  op_.lease_ended = true;
  if (stage_ < Stage::kMoveIntent) TurnBack(Refusal::kNone, "", boottime);
}

void GuestCorrection::TurnBack(Refusal why, const std::string& detail,
                               absl::Duration boottime) {
  if (!op_.turned_back) {
    op_.turned_back = true;
    op_.given_up = why;
    op_.detail = detail.substr(0, kMostDetailCharacters);
  }
  // What nobody was told to stop is not brought back.
  const int still_up = stage_ < Stage::kStopping ? 3 : stop_rank_;
  if (stage_ <= Stage::kStopping) {
    op_.ours.erase(std::remove_if(op_.ours.begin(), op_.ours.end(),
                                  [&](const SeenUnit& unit) {
                                    return ReturnRank(unit.role) <= still_up;
                                  }),
                   op_.ours.end());
  }
  // Nothing was written yet, so nothing was done.
  if (stage_ == Stage::kSurvey) {
    Drop(why, detail);
    return;
  }
  Enter(Stage::kPrepare, boottime);
}

bool GuestCorrection::Idle() const {
  return stage_ == Stage::kIdle && waiting_.empty();
}

}  // namespace noonmark
