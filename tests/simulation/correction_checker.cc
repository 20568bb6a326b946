#include "tests/simulation/correction_checker.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark::simulation {
namespace {

// What PID 1's timer, the start of noonmark-resume and its own acts may take.
constexpr absl::Duration kLate = absl::Seconds(5);
// A boot has the same to do.
constexpr absl::Duration kBootTakes = absl::Seconds(10);

bool IsMail(const FakeUnit& unit) {
  return unit.seen.role != ServiceRole::kTimeDaemon;
}

template <typename Body>
bool Has(const JournalContents& durable, const OperationId& operation) {
  return std::any_of(durable.records.begin(), durable.records.end(),
                     [&](const JournalRecord& record) {
                       return record.operation == operation &&
                              std::holds_alternative<Body>(record.body);
                     });
}

}  // namespace

void CorrectionChecker::Expect(bool holds, const std::string& invariant,
                               const std::string& what) {
  if (holds) return;
  Say("BREACH", absl::StrCat(invariant, ": ", what));
  const std::string breach = absl::StrCat(invariant, ": ", what);
  if (std::find(breaches_.begin(), breaches_.end(), breach) ==
      breaches_.end()) {
    breaches_.push_back(breach);
  }
}

void CorrectionChecker::Say(const std::string& who, const std::string& what) {
  if (out_ == nullptr) return;
  *out_ << absl::StreamFormat(
      "%12.6f  %-10s %s\n", absl::ToDoubleSeconds(agenda_->Time()), who, what);
}

void CorrectionChecker::OnBegin(const OperationStatus& status,
                                const JournalContents& durable) {
  if (!begun_.insert(status.operation.bytes).second) return;
  // By its first record: between that and the first deed it may have hung.
  absl::Duration now = status.boottime;
  for (const JournalRecord& record : durable.records) {
    if (record.operation == status.operation) {
      now = std::min(now, record.boottime);
    }
  }
  const auto within = [&](absl::Duration window) {
    return std::count_if(
        begun_at_.begin(), begun_at_.end(),
        [&](absl::Duration begun) { return now - begun < window; });
  };
  Expect(within(limits_.rate_window_short) == 0, "I8",
         "a correction within ten minutes of another");
  Expect(within(limits_.rate_window_long) < limits_.rate_most_long, "I8",
         "a fourth correction within a day");
  begun_at_.push_back(now);
}

void CorrectionChecker::OnStop(const OperationStatus& status,
                               const FakeUnit& unit,
                               const JournalContents& durable) {
  OnBegin(status, durable);
  Expect(Has<IntentRecord>(durable, status.operation), "I13",
         "a unit is stopped before its intent is durable");
  Expect(!Has<EndedRecord>(durable, status.operation), "I13",
         "a unit is stopped after its operation's end");
  Expect(status.boottime < status.lease_end, "I1",
         "a unit is stopped after its lease");
  if (IsMail(unit)) {
    Expect(slots_.count(status.operation.bytes) != 0, "I5",
           "mail is stopped without a slot");
  }
  OnHold(status);
}

void CorrectionChecker::OnHold(const OperationStatus& status) {
  resting_ = status.operation;
  lease_end_ = status.lease_end;
  lease_boot_ = status.boot;
}

void CorrectionChecker::OnStart(const FakeUnit& unit) {
  if (unit.seen.Runs()) return;
  Expect(unit.wanted || unit.may_return, "I1",
         "a unit is started that did not run");
  Expect(!unit.stopped_by_person, "I1",
         "a unit is started that a person stopped");
}

void CorrectionChecker::OnMove(const OperationStatus& status,
                               const MoveClock& move,
                               const std::vector<FakeUnit>& units,
                               const JournalContents& durable,
                               absl::Duration true_offset) {
  OnBegin(status, durable);
  ++moves_;
  Expect(++moved_[status.operation.bytes] == 1, "I7",
         "a clock is moved twice by one operation");
  Expect(Has<MoveIntentRecord>(durable, status.operation), "I13",
         "a clock is moved before its intent is durable");
  Expect(hook_failed_.count(status.operation.bytes) == 0, "I2",
         "a clock is moved over what a hook could not bring to rest");
  const absl::Duration size = absl::AbsDuration(move.amount);
  Expect(size <= limits_.amount_cap, "I10", "a clock is moved beyond the cap");
  const bool is_step = move.method == CorrectionMethod::kStep;
  const bool mail_rests = is_step && (move.amount < absl::ZeroDuration() ||
                                      size > limits_.forward_unquiesced);
  for (const FakeUnit& unit : units) {
    const bool at_rest = !unit.seen.has_processes &&
                         (unit.seen.state == ServiceState::kInactive ||
                          unit.seen.state == ServiceState::kFailed);
    if (mail_rests || !IsMail(unit)) {
      Expect(at_rest, "I2",
             absl::StrCat("the clock is moved under ", unit.seen.unit));
    }
  }
  if (is_step && !fell_behind_) {
    // 50 ms: what a measurement may be wrong by.
    Expect(absl::AbsDuration(true_offset) <= absl::Milliseconds(60), "I9",
           "a step leaves the clock wrong");
  }
}

void CorrectionChecker::OnAnswer(const Order& order,
                                 const OperationStatus& answer) {
  const OrderHeader* header = nullptr;
  if (const auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
    header = &quiesce->header;
  } else if (const auto* correct = std::get_if<CorrectOrder>(&order)) {
    header = &correct->header;
  } else if (const auto* resume = std::get_if<ResumeOrder>(&order)) {
    header = &resume->header;
  }
  if (header == nullptr || answer.refusal != Refusal::kNone) return;
  Expect(header->epoch >= highest_epoch_, "I6",
         "an order of a former owner is obeyed");
  // A resume may be obeyed that nobody could write down the owner of.
  if (!std::holds_alternative<ResumeOrder>(order)) {
    highest_epoch_ = std::max(highest_epoch_, header->epoch);
  }
}

void CorrectionChecker::OnTick(const std::vector<FakeUnit>& units, bool held,
                               BootId boot, absl::Duration boottime) {
  if (boot != boot_) {
    boot_ = boot;
    begun_at_.clear();
    thawed_ = -absl::InfiniteDuration();
  }
  // Who slept through its lease has still to wake.
  const absl::Duration end = lease_boot_ == boot
                                 ? std::max(lease_end_, thawed_) + kLate
                                 : std::max(kBootTakes, thawed_ + kLate);
  if (told_late_ || boottime <= end) return;
  bool late = held;
  for (const FakeUnit& unit : units) late = late || unit.down_by_us;
  if (!late) return;
  told_late_ = true;
  Expect(false, "I1", "a service rests beyond its lease");
}

void CorrectionChecker::OnSend(const Order& order, bool host_proven,
                               const JournalContents& durable) {
  const auto* correct = std::get_if<CorrectOrder>(&order);
  const auto* quiesce = std::get_if<QuiesceOrder>(&order);
  if (correct == nullptr && quiesce == nullptr) return;
  const OrderHeader& header =
      correct != nullptr ? correct->header : quiesce->header;
  Expect(host_proven, "I3", "an unproven host orders a correction");
  Expect(Has<PhaseRecord>(durable, header.operation), "I13",
         "an order is sent before it is durable");
}

void CorrectionChecker::OnSlot(const OperationId& operation, bool taken,
                               const std::vector<FakeUnit>& units) {
  if (taken) {
    slots_.insert(operation.bytes);
    return;
  }
  slots_.erase(operation.bytes);
  for (const FakeUnit& unit : units) {
    Expect(!(unit.down_by_us && IsMail(unit) && resting_ == operation), "I5",
           "a slot is free while its mail rests");
  }
}

void CorrectionChecker::OnOver(const OperationId& operation,
                               bool says_corrected, bool says_not, bool held,
                               absl::Duration true_offset,
                               absl::Duration target) {
  const bool moved = HasMoved(operation);
  // A time daemon may have done what ours was about to do.
  Expect(!says_corrected || moved || set_by_others_, "I9",
         "a correction that never was");
  Expect(!says_corrected || held || set_by_others_ ||
             absl::AbsDuration(true_offset) <= target,
         "I9", "a guest is called corrected, and is not right");
  Expect(!says_not || !moved, "I9", "a clock was moved, and nobody is told");
}

}  // namespace noonmark::simulation
