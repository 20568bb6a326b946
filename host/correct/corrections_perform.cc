// How Corrections carries an operation out: its other half.

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "host/correct/corrections.h"

namespace noonmark {
namespace {

// What an operation did, for the log.
std::string Ended(const HostPlan& plan, const HostProgress& progress) {
  std::string text = absl::StrCat(plan.guest_name, ": ",
                                  std::string(HostResultName(progress.result)));
  if (progress.reason != HostReason::kNone) {
    absl::StrAppend(
        &text, " (", std::string(HostReasonName(progress.reason)),
        progress.refusal == Refusal::kNone
            ? ""
            : absl::StrCat(", ", std::string(RefusalName(progress.refusal))),
        ")");
  }
  absl::StrAppend(
      &text, "; its clock was ", std::string(FateName(progress.fate)), " by ",
      absl::FormatDuration(progress.moved), ", its services rested for ",
      absl::FormatDuration(progress.mail_at_rest_for));
  return text;
}

}  // namespace

HostPlan Corrections::PlanOf(const GuestRow& row, const GuestPlan& made) {
  HostPlan plan;
  plan.operation = seams_.new_operation();
  // Above all that either side has seen: no order of an earlier operation is
  // obeyed any more.
  if (row.operation != nullptr) {
    epoch_ = std::max(epoch_, row.operation->epoch);
  }
  plan.epoch = ++epoch_;
  plan.guest_name = row.domain.name;
  plan.method = made.plan.way == PlanWay::kSlew ? CorrectionMethod::kSlew
                                                : CorrectionMethod::kStep;
  plan.quiesces = made.plan.way == PlanWay::kQuiescedStep;
  plan.lease = made.policy.limits.lease;
  plan.hold_max = made.policy.limits.hold_max;
  if (row.offset.has_value()) {
    plan.offset = *row.offset - Interval::Exactly(row.policy.intended_offset);
  }
  plan.target = row.policy.thresholds.warning;
  return plan;
}

absl::StatusOr<OperationId> Corrections::Start(const GuestRow& row,
                                               HostPlan plan,
                                               Initiator initiator,
                                               MonotonicTime now) {
  const std::string& guest = row.domain.uuid;
  const std::optional<OperationId> uuid = ParseOperationId(guest);
  if (!uuid.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        row.domain.name, " has no UUID that a journal could name: ", guest));
  }
  plan.guest = uuid->bytes;
  const OperationId id = plan.operation;
  auto started = std::make_unique<RunningOperation>(
      guest, HostCorrection(plan, limits_, seams_.boot));
  started->initiator = initiator;
  started->rails =
      policies_->Of(guest, row.domain.name, row.domain.group).rails;
  started->intended = row.policy.intended_offset;
  started->host_allowed = row.policy.thresholds.warning / 4;
  started->begun = now;
  RunningOperation& running = *started;
  running_[guest] = std::move(started);
  rails_.Begin(guest, plan.corrects, now);
  LogInfo(absl::StrCat(
      plan.guest_name, ": ",
      plan.corrects ? absl::StrCat("its clock is to be corrected by ",
                                   absl::FormatDuration(-plan.offset.Middle()))
                    : "its services are brought to rest",
      initiator == Initiator::kOperator ? ", by an operator's order"
                                        : ", by itself",
      ", operation ", OperationIdText(id)));
  TellUnless(SaveRails(now));
  const HostView host = hands_->HostNow();
  Perform(running,
          running.machine.TakeHost(running.MayLeanOn(host), false, now), now);
  if (const auto it = running_.find(guest); it != running_.end()) {
    Perform(*it->second, it->second->machine.Begin(now), now);
  }
  hands_->PublishNow();
  return id;
}

void Corrections::Perform(RunningOperation& running, HostCorrection::Acts acts,
                          MonotonicTime now) {
  std::deque<HostAct> left(std::make_move_iterator(acts.begin()),
                           std::make_move_iterator(acts.end()));
  while (!left.empty()) {
    const HostAct act = std::move(left.front());
    left.pop_front();
    HostCorrection::Acts next = Do(running, act, now);
    left.insert(left.end(), std::make_move_iterator(next.begin()),
                std::make_move_iterator(next.end()));
  }
  const HostProgress& progress = running.machine.Progress();
  if (progress.phase != running.told) {
    running.told = progress.phase;
    LogInfo(
        absl::StrCat(running.machine.Plan().guest_name, ": ", progress.words));
  }
  Changed();
  if (running.machine.Over()) {
    Finish(running, now);
  } else {
    hands_->TickAt(Next());
  }
}

HostCorrection::Acts Corrections::Do(RunningOperation& running,
                                     const HostAct& act, MonotonicTime now) {
  if (const auto* write = std::get_if<WriteHostRecords>(&act)) {
    return running.machine.Take(RecordsAnswer{seams_.write(write->records)},
                                now);
  }
  if (std::holds_alternative<TakeSlot>(act)) {
    SlotAnswer answer;
    answer.taken = rails_.TakeSlot(running.guest, running.rails, &answer.why);
    return running.machine.Take(answer, now);
  }
  if (std::holds_alternative<FreeSlot>(act)) {
    rails_.FreeSlot(running.guest);
  } else if (const auto* order = std::get_if<SendOrder>(&act)) {
    // One that cannot be sent is as one that is lost.
    hands_->GiveOrder(running.guest, order->order);
  } else if (std::holds_alternative<Measure>(act)) {
    hands_->MeasureNow(running.guest);
  } else if (const auto* tick = std::get_if<TickAt>(&act)) {
    running.tick_at = tick->moment;
  }
  return {};
}

void Corrections::Finish(RunningOperation& running, MonotonicTime now) {
  const HostPlan plan = running.machine.Plan();
  const HostProgress progress = running.machine.Progress();
  OperationView view = running.View();
  view.over = true;
  view.ended = now;
  const std::string guest = running.guest;
  ended_[guest] = std::move(view);
  running_.erase(guest);
  rails_.End(guest);
  rails_.FreeSlot(guest);
  if (progress.reason == HostReason::kResumeFailed) {
    rails_.OnResumeFailed(plan.guest_name);
  }
  if (progress.held) {
    rails_.Hold(
        guest,
        absl::StrCat("operation ", OperationIdText(plan.operation), " ended ",
                     std::string(HostResultName(progress.result)), ", ",
                     std::string(HostReasonName(progress.reason))));
    LogWarning(absl::StrCat(Ended(plan, progress),
                            "; it is HELD: look, then: noonmark release ",
                            plan.guest_name));
  } else {
    LogInfo(Ended(plan, progress));
  }
  TellUnless(SaveRails(now));
  Changed();
}

void Corrections::Recover(const std::vector<JournalRecord>& journal) {
  for (const JournalRecord& record : journal) {
    epoch_ = std::max(epoch_, record.epoch);
  }
  for (const OperationId& id : OpenOperations(journal)) {
    HostCorrection machine =
        HostCorrection::FromJournal(journal, id, limits_, seams_.boot);
    const std::string guest = OperationIdText({machine.Plan().guest});
    LogWarning(absl::StrCat(machine.Plan().guest_name, ": operation ",
                            OperationIdText(id),
                            " was under way when noonmarkd ended; it is "
                            "brought to its end"));
    auto running =
        std::make_unique<RunningOperation>(guest, std::move(machine));
    // Its slot is taken until its services are known to be back.
    rails_.KeepSlot(guest, "");
    running_[guest] = std::move(running);
  }
}

}  // namespace noonmark
