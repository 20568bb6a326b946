#include "host/correct/corrections.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/runtime/durable_file.h"
#include "common/runtime/log.h"
#include "host/correct/rails_file.h"

namespace noonmark {
namespace {

constexpr absl::Duration kLookAtSwitch = absl::Seconds(1);

std::string Lines(const std::vector<Objection>& objections) {
  return absl::StrJoin(
      objections, "\n", [](std::string* out, const Objection& objection) {
        absl::StrAppend(out, std::string(RailName(objection.rail)), ": ",
                        objection.why, " ", objection.remedy);
      });
}

MonotonicTime At(const ClockReading& reading) {
  return MonotonicTime::FromReading(reading.monotonic);
}

}  // namespace

Corrections::Corrections(const CorrectionOptions& options,
                         CorrectionSeams seams,
                         const std::vector<JournalRecord>& journal)
    : options_(options),
      seams_(std::move(seams)),
      policies_(std::make_shared<const CorrectionPolicies>(options.policies)),
      off_(absl::StrCat(options.state, "/off")),
      rails_(options.rails),
      fault_(options.fault) {
  LoadRails();
  Recover(journal);
}

Corrections::~Corrections() = default;

void Corrections::Begin(GuestHands& hands) {
  hands_ = &hands;
  const MonotonicTime now = Now();
  LookAtSwitch(now);
  std::vector<std::string> guests;
  for (const auto& [guest, running] : running_) guests.push_back(guest);
  for (const std::string& guest : guests) {
    RunningOperation& running = *running_.at(guest);
    running.begun = now;
    rails_.Begin(guest, /*corrects=*/false, now);
    Perform(running, running.machine.Begin(now), now);
  }
  hands_->TickAt(Next());
}

absl::StatusOr<OperationId> Corrections::Correct(const std::string& guest) {
  const std::shared_ptr<const GuestRow> row = hands_->RowOf(guest);
  if (row == nullptr) return absl::NotFoundError("the guest is gone");
  const ClockReading now = seams_.clock->Read();
  const GuestPlan made = PlanNow(*row, now);
  std::vector<Objection> against = made.plan.objections;
  against.insert(against.end(), made.by_order.begin(), made.by_order.end());
  if (!against.empty()) {
    return Refuse(*row, against, Initiator::kOperator, At(now));
  }
  if (!made.plan.Moves()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "nothing is to be done: ", absl::StrJoin(made.plan.reasons, " ")));
  }
  return Start(*row, PlanOf(*row, made), Initiator::kOperator, At(now));
}

absl::StatusOr<OperationId> Corrections::Quiesce(const std::string& guest,
                                                 absl::Duration lease) {
  const std::shared_ptr<const GuestRow> row = hands_->RowOf(guest);
  if (row == nullptr) return absl::NotFoundError("the guest is gone");
  const ClockReading now = seams_.clock->Read();
  const GuestPlan made = PlanNow(*row, now);
  std::vector<Objection> against;
  if (row->operation == nullptr || row->operation->services.empty()) {
    for (const Objection& objection : made.plan.objections) {
      if (objection.rail == Rail::kAgent || objection.rail == Rail::kServices) {
        against.push_back(objection);
      }
    }
  }
  for (Objection& objection : rails_.ObjectionsTo(
           guest, made.policy.rails, Initiator::kOperator, /*quiesces=*/true,
           /*corrects=*/false, At(now), absl::UnixEpoch() + now.realtime)) {
    against.push_back(std::move(objection));
  }
  if (!against.empty()) {
    return Refuse(*row, against, Initiator::kOperator, At(now));
  }
  HostPlan plan = PlanOf(*row, made);
  plan.method = CorrectionMethod::kStep;
  plan.quiesces = true;
  plan.corrects = false;
  plan.hold_max = absl::ZeroDuration();
  if (lease != absl::ZeroDuration()) plan.lease = lease;
  if (plan.lease < absl::Seconds(1) || plan.lease > limits_.lease_cap) {
    return absl::InvalidArgumentError(absl::StrCat(
        "services may rest for 1s to ", absl::FormatDuration(limits_.lease_cap),
        ", not for ", absl::FormatDuration(plan.lease)));
  }
  return Start(*row, std::move(plan), Initiator::kOperator, At(now));
}

absl::StatusOr<OperationId> Corrections::Resume(const std::string& guest) {
  const auto it = running_.find(guest);
  if (it == running_.end()) {
    return absl::FailedPreconditionError(
        "no operation of it is under way, so there is nothing to bring back; "
        "noonmark plan GUEST shows the last");
  }
  RunningOperation& running = *it->second;
  const OperationId id = running.machine.Plan().operation;
  const MonotonicTime now = Now();
  Perform(running, running.machine.Cancel(now), now);
  return id;
}

absl::Status Corrections::Hold(const std::string& guest,
                               absl::string_view why) {
  rails_.Hold(guest, std::string(why));
  Changed();
  return SaveRails(Now());
}

absl::Status Corrections::Release(const std::string& guest) {
  if (!rails_.Release(guest)) {
    return absl::FailedPreconditionError(
        "it is not held, so there is nothing to release");
  }
  Changed();
  return SaveRails(Now());
}

absl::Status Corrections::HoldAll(absl::string_view why) {
  if (absl::Status status = off_.Set(why); !status.ok()) return status;
  look_at_ = MonotonicTime();
  LookAtSwitch(Now());
  return absl::OkStatus();
}

absl::Status Corrections::ReleaseAll() {
  if (!fault_.empty()) return absl::FailedPreconditionError(fault_);
  if (absl::Status status = off_.Clear(); !status.ok()) return status;
  rails_.CloseBreaker();
  look_at_ = MonotonicTime();
  LookAtSwitch(Now());
  Changed();
  return SaveRails(Now());
}

void Corrections::OnBurst(const BurstReport& burst, MonotonicTime now) {
  const auto it = running_.find(burst.guest);
  if (it == running_.end()) {
    if (burst.verdict == Verdict::kWrong) CorrectByItself(burst.guest, now);
    return;
  }
  RunningOperation& running = *it->second;
  std::optional<HostMeasurement> measured =
      MeasurementOf(burst, running.intended);
  if (!measured.has_value()) return;
  Perform(running, running.machine.Take(*measured, now), now);
}

void Corrections::OnStatus(const std::string& guest,
                           const OperationStatus& status, MonotonicTime now) {
  const auto it = running_.find(guest);
  if (it == running_.end()) return;
  RunningOperation& running = *it->second;
  Perform(running, running.machine.Take(OrderAnswer{status}, now), now);
}

void Corrections::OnLife(const std::string& guest, DomainLife life,
                         MonotonicTime now) {
  const auto it = running_.find(guest);
  if (it != running_.end()) {
    Perform(*it->second, it->second->machine.Take(life, now), now);
  } else if (life == DomainLife::kGone && ended_.erase(guest) != 0) {
    Changed();
  }
  if (life == DomainLife::kGone) rails_.Forget(guest);
}

void Corrections::OnHost(bool stepped, MonotonicTime now) {
  const HostView view = hands_->HostNow();
  std::vector<std::string> guests;
  for (const auto& [guest, running] : running_) guests.push_back(guest);
  for (const std::string& guest : guests) {
    const auto it = running_.find(guest);
    if (it == running_.end()) continue;
    RunningOperation& running = *it->second;
    Perform(running,
            running.machine.TakeHost(running.MayLeanOn(view), stepped, now),
            now);
  }
}

void Corrections::Tick(MonotonicTime now) {
  LookAtSwitch(now);
  std::vector<std::string> due;
  for (const auto& [guest, running] : running_) {
    if (running->tick_at.has_value() && *running->tick_at <= now) {
      due.push_back(guest);
    }
  }
  for (const std::string& guest : due) {
    const auto it = running_.find(guest);
    if (it == running_.end()) continue;
    it->second->tick_at.reset();
    Perform(*it->second, it->second->machine.Tick(now), now);
  }
  hands_->TickAt(Next());
}

std::shared_ptr<const CorrectionView> Corrections::OnSnapshot(
    const HostSnapshot& snapshot, MonotonicTime now) {
  FleetView fleet;
  for (const auto& row : snapshot.guests) {
    // One from before a restart: its group is known by now.
    const auto it = running_.find(row->domain.uuid);
    if (it != running_.end() && it->second->rails.group != row->domain.group) {
      it->second->rails.group = row->domain.group;
      rails_.KeepSlot(row->domain.uuid, row->domain.group);
      view_.reset();
    }
    fleet.Add(row->verdict, row->verdict_since, row->offset,
              row->policy.intended_offset, options_.rails, now);
  }
  if (!(fleet == fleet_)) {
    fleet_ = fleet;
    const std::string before = rails_.breaker();
    rails_.OnFleet(fleet);
    if (rails_.breaker() != before) {
      LogWarning(
          absl::StrCat("no more corrections on this host: ", rails_.breaker(),
                       "; look, then: noonmark release --all"));
      TellUnless(SaveRails(now));
    }
    view_.reset();
  }
  if (view_ == nullptr) {
    auto view = std::make_shared<CorrectionView>();
    view->policies = policies_;
    view->rails = rails_;
    view->operations = ended_;
    for (const auto& [guest, running] : running_) {
      view->operations[guest] = running->View();
    }
    view_ = std::move(view);
  }
  return view_;
}

GuestPlan Corrections::PlanNow(const GuestRow& row,
                               const ClockReading& now) const {
  return MakeGuestPlan(row, options_.declared, hands_->HostNow(), *policies_,
                       rails_, now);
}

void Corrections::CorrectByItself(const std::string& guest, MonotonicTime now) {
  const std::shared_ptr<const GuestRow> row = hands_->RowOf(guest);
  if (row == nullptr) return;
  const CorrectionPolicy policy =
      policies_->Of(guest, row->domain.name, row->domain.group);
  if (policy.rails.mode != CorrectionMode::kCorrect) return;
  const GuestPlan made = PlanNow(*row, seams_.clock->Read());
  std::vector<Objection> against = made.plan.objections;
  against.insert(against.end(), made.by_itself.begin(), made.by_itself.end());
  if (!against.empty()) {
    Refuse(*row, against, Initiator::kItself, now).IgnoreError();
  } else if (made.plan.Moves()) {
    const absl::StatusOr<OperationId> started =
        Start(*row, PlanOf(*row, made), Initiator::kItself, now);
    if (!started.ok()) TellUnless(started.status());
  }
}

absl::Status Corrections::Refuse(const GuestRow& row,
                                 const std::vector<Objection>& objections,
                                 Initiator initiator, MonotonicTime now) {
  const std::string& guest = row.domain.uuid;
  bool spent = false;
  for (const Objection& objection : objections) {
    spent |= objection.rail == Rail::kBudget;
    if (rails_.Refused(guest, objection, initiator, now)) {
      LogInfo(absl::StrCat(
          row.domain.name, " is not corrected",
          initiator == Initiator::kOperator ? ", though ordered" : "", ": ",
          std::string(RailName(objection.rail)), ": ", objection.why));
    }
  }
  Changed();
  if (spent && rails_.BudgetSpent(guest, now) &&
      rails_.HeldBecause(guest) == nullptr) {
    rails_.Hold(guest,
                absl::StrCat("it was corrected ", options_.rails.budget_most,
                             " times in a day, and is wrong again"));
    LogWarning(absl::StrCat(row.domain.name,
                            " is held: ", *rails_.HeldBecause(guest)));
    TellUnless(SaveRails(now));
  }
  return absl::FailedPreconditionError(Lines(objections));
}

void Corrections::LookAtSwitch(MonotonicTime now) {
  if (now < look_at_) return;
  look_at_ = now + kLookAtSwitch;
  std::string why = fault_;
  if (why.empty() && !options_.state.empty()) why = off_.Why();
  if (why == rails_.off()) return;
  const bool was_on = rails_.off().empty();
  rails_.SwitchOff(why);
  Changed();
  if (why.empty()) {
    LogInfo("corrections of this host are switched on again");
  } else if (was_on) {
    LogWarning(
        absl::StrCat("corrections of this host are switched off: ", why));
    CancelAll(now);
  }
}

void Corrections::CancelAll(MonotonicTime now) {
  std::vector<std::string> guests;
  for (const auto& [guest, running] : running_) guests.push_back(guest);
  for (const std::string& guest : guests) {
    const auto it = running_.find(guest);
    if (it == running_.end()) continue;
    Perform(*it->second, it->second->machine.Cancel(now), now);
  }
}

void Corrections::LoadRails() {
  if (options_.state.empty()) return;
  const std::string path = absl::StrCat(options_.state, "/rails");
  const absl::StatusOr<std::string> text = ReadDurable(path);
  if (absl::IsNotFound(text.status())) return;
  absl::StatusOr<Rails::Memory> memory =
      text.ok() ? ParseRailsText(*text, seams_.boot) : text.status();
  if (memory.ok()) {
    rails_.Recall(*std::move(memory));
    return;
  }
  fault_ = absl::StrCat("who is held is not known, since ", path,
                        " cannot be read (", memory.status().message(),
                        "); mend it, or remove it, and start noonmarkd again");
}

absl::Status Corrections::SaveRails(MonotonicTime now) const {
  if (options_.state.empty() || !fault_.empty()) return absl::OkStatus();
  return WriteDurably(absl::StrCat(options_.state, "/rails"),
                      RailsText(rails_.Remember(now), seams_.boot));
}

MonotonicTime Corrections::Next() const {
  MonotonicTime next = look_at_;
  for (const auto& [guest, running] : running_) {
    if (running->tick_at.has_value()) next = std::min(next, *running->tick_at);
  }
  return next;
}

MonotonicTime Corrections::Now() const { return seams_.clock->Now(); }

void Corrections::TellUnless(const absl::Status& status) {
  if (!status.ok()) LogWarning(std::string(status.message()));
}

void Corrections::Changed() {
  view_.reset();
  if (hands_ != nullptr) hands_->PublishSoon();
}

}  // namespace noonmark
