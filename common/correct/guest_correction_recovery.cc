// What an earlier corrector left: its memory, and its last operation, which is
// brought to its end.

#include <algorithm>
#include <set>
#include <utility>

#include "common/correct/guest_correction.h"

namespace noonmark {
namespace {

// A unit whose profile nobody tells any more.
constexpr absl::Duration kLimit = absl::Seconds(30);

bool BeginsOperation(const RecordBody& body) {
  return std::holds_alternative<IntentRecord>(body) ||
         std::holds_alternative<MoveIntentRecord>(body);
}

SeenUnit UnitOf(const UnitRecord& record) {
  SeenUnit unit;
  unit.unit = record.unit;
  unit.profile = record.profile;
  unit.role = record.role;
  unit.acts_before_start = record.acts_before_start;
  unit.stop_limit = kLimit;
  unit.ready_limit = kLimit;
  return unit;
}

}  // namespace

void GuestCorrection::Remember(const std::vector<JournalRecord>& journal) {
  std::set<absl::Duration> begun;
  for (const JournalRecord& record : journal) {
    epoch_ = std::max(epoch_, record.epoch);
    const auto* epoch = std::get_if<EpochRecord>(&record.body);
    if (epoch != nullptr && record.boot == boot_) {
      begun.insert(epoch->begun.begin(), epoch->begun.end());
    }
    if (!BeginsOperation(record.body) || Remembers(record.operation)) continue;
    past_.push_back(record.operation);
    if (record.boot == boot_) begun.insert(record.boottime);
  }
  begun_.assign(begun.begin(), begun.end());
}

GuestCorrection::Acts GuestCorrection::Recover(
    const std::vector<JournalRecord>& journal,
    const std::vector<JournalRecord>& brought_back, absl::Duration boottime) {
  Remember(journal);
  const std::optional<RecordedOperation> last = LastOperation(journal);
  if (!last.has_value()) {
    survey_act_ = Do(SurveyUnits{});
    return Finish(boottime);
  }
  past_.erase(std::remove(past_.begin(), past_.end(), last->operation),
              past_.end());
  has_op_ = true;
  op_.id = last->operation;
  op_.epoch = last->epoch;
  op_.recovered = true;
  if (last->ended.has_value()) {
    const EndedRecord& ended = *last->ended;
    op_.ended = true;
    op_.outcome = ended.outcome;
    op_.given_up = ended.given_up;
    op_.fate = ended.fate;
    op_.moved = ended.moved;
    op_.moved_by_others = ended.moved_by_others;
    op_.at_rest_for = ended.at_rest_for;
    survey_act_ = Do(SurveyUnits{});
    return Finish(boottime);
  }

  const bool same_boot = last->boot == boot_;
  op_.all_rest = last->intent.has_value() && last->intent->all_rest;
  if (last->intent.has_value()) {
    op_.announced = last->intent->amount;
    op_.lease_end = last->intent->lease_end;
    op_.resume_by = op_.lease_end - absl::Seconds(10);
    op_.urgent_by = op_.lease_end - absl::Seconds(2);
    if (!same_boot) {
      // It is over at once: BOOTTIME began anew.
      op_.lease_end = op_.resume_by = op_.urgent_by = boottime;
    }
    op_.hooks_ran = config_.has_hooks && op_.all_rest;
  }
  op_.lease_ended = (last->intent.has_value() && boottime >= op_.lease_end) ||
                    std::any_of(brought_back.begin(), brought_back.end(),
                                [&](const JournalRecord& mark) {
                                  return mark.operation == op_.id;
                                });
  for (const UnitRecord& unit : last->units) op_.ours.push_back(UnitOf(unit));
  if (same_boot && !op_.ours.empty()) op_.rest_since = last->boottime;
  if (last->moved.has_value()) {
    op_.fate = last->moved->fate;
    op_.moved = last->moved->moved;
  } else if (last->move.has_value()) {
    unrecorded_move_ = *last->move;
    op_.fate = CorrectionFate::kUnknown;
    // REALTIME - BOOTTIME can be compared within one boot alone.
    if (last->move_boot == boot_) {
      before_move_ = Interval{last->move->real_minus_boot_lo,
                              last->move->real_minus_boot_hi};
    }
  }
  Enter(Stage::kRecovering, boottime);
  return Finish(boottime);
}

void GuestCorrection::AfterRecovery(absl::Duration boottime) {
  if (survey_->ok) {
    listed_ = survey_->units;
    listed_at_ = boottime;
    for (SeenUnit& our : op_.ours) {
      for (const SeenUnit& seen : listed_) {
        if (seen.unit == our.unit) our = seen;
      }
    }
  }
  if (clock_->ok) left_at_ = RealMinusBoot(clock_->before);
  if (unrecorded_move_.has_value()) {
    // A slew changes no difference: nobody can tell how far it came.
    if (before_move_.has_value() && left_at_.has_value() &&
        unrecorded_move_->method == CorrectionMethod::kStep) {
      op_.fate = FateOf(unrecorded_move_->amount, *before_move_, *left_at_,
                        config_.limits.clock_tolerance);
      op_.moved = (*left_at_ - *before_move_).Middle();
    }
    op_.detail = "noonmark-corrector ended as it moved the clock";
    Enter(Stage::kMovedRecord, boottime);
    return;
  }
  if (op_.fate == CorrectionFate::kMoved) {
    Enter(Stage::kPrepare, boottime);
    return;
  }
  TurnBack(Refusal::kNone, "noonmark-corrector ended in the middle of it",
           boottime);
}

}  // namespace noonmark
