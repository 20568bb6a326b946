// The acts that the machine asks for, and what may be wrong with each.

#include <algorithm>
#include <utility>

#include "tests/simulation/correction_guest.h"
#include "tests/simulation/correction_words.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);
// As noonmark-corrector has them.
constexpr absl::Duration kOwnUnitLimit = absl::Seconds(10);
constexpr absl::Duration kHoldLimit = absl::Seconds(5);
constexpr absl::Duration kHookLimit = absl::Seconds(35);
constexpr absl::Duration kActionLimit = absl::Seconds(60);

// An order by an agent whose corrector lacks a care.
Order Mutated(Order order, Mutation mutation, BootId boot,
              absl::Duration boottime, Random& random) {
  const auto change = [&](auto& given) {
    if (mutation == Mutation::kIgnoresEpoch) given.header.epoch = 1000;
    if (mutation == Mutation::kForgetsOperation) {
      given.header.operation.bytes[15] = static_cast<uint8_t>(random.Next());
    }
    if (mutation == Mutation::kIgnoresValidity) given.header.boot = boot;
  };
  const absl::Duration end = boottime + absl::Seconds(5);
  if (auto* quiesce = std::get_if<QuiesceOrder>(&order)) {
    change(*quiesce);
    if (mutation == Mutation::kIgnoresValidity) quiesce->valid_until = end;
  } else if (auto* correct = std::get_if<CorrectOrder>(&order)) {
    change(*correct);
    if (mutation == Mutation::kIgnoresValidity) correct->valid_until = end;
  } else if (auto* resume = std::get_if<ResumeOrder>(&order)) {
    change(*resume);
  }
  return order;
}

}  // namespace

void CorrectionGuest::Take(const Order& order,
                           std::function<void(OperationStatus)> answer) {
  if (machine_ == nullptr) return;
  AfterInCorrector(kMs, [this, order, answer = std::move(answer)]() mutable {
    const uint64_t token = next_token_++;
    asked_[token] = {order, std::move(answer)};
    Feed(machine_->Take(Mutated(order, mutation_, boot_, Boottime(), random_),
                        token, Boottime()));
  });
}

void CorrectionGuest::Feed(GuestCorrection::Acts acts) {
  for (NumberedAct& act : acts) acts_.push_back(std::move(act));
  Pump();
}

void CorrectionGuest::Pump() {
  if (busy_ || acts_.empty()) return;
  busy_ = true;
  AfterInCorrector(absl::Microseconds(random_.From(50, 2000)), [this] {
    const NumberedAct act = std::move(acts_.front());
    acts_.pop_front();
    const uint64_t life = lives_;
    Perform(act);
    if (life != lives_) return;
    busy_ = false;
    Pump();
  });
}

void CorrectionGuest::ReportUnheard(uint64_t number) {
  AfterInCorrector(kMs, [this, number] {
    ActResult result;
    result.unheard = mutation_ != Mutation::kTakesUnheardForTried;
    Report(number, result);
  });
}

// Who cannot be heard cannot tell how a job ended either.
void CorrectionGuest::ReportJob(uint64_t number, bool ok) {
  if (!IsHeard()) return ReportUnheard(number);
  ActResult result;
  result.ok = ok;
  Report(number, result);
}

void CorrectionGuest::TellDaemon() {
  remembered_ = clock_.RealMinusBoot();
  set_since_told_ = false;
  not_told_ = false;
}

void CorrectionGuest::Report(uint64_t number, ActResult result) {
  AfterInCorrector(absl::ZeroDuration(),
                   [this, number, result = std::move(result)] {
                     Feed(machine_->Done(number, result, Boottime()));
                   });
}

void CorrectionGuest::Perform(const NumberedAct& numbered) {
  const uint64_t number = numbered.number;
  const auto report_in = [&](absl::Duration time, bool ok) {
    AfterInCorrector(time, [this, number, ok] {
      ActResult result;
      result.ok = ok;
      Report(number, result);
    });
  };
  // What systemd is asked for takes `time`, or fails, or is given up at `limit`
  // with its deed done meanwhile or not.
  const auto ask = [&](ActFault fault, absl::Duration time,
                       absl::Duration limit, std::function<void()> deed) {
    if (!IsHeard()) return ReportUnheard(number);
    if (fault == ActFault::kNone) {
      deed();
      if (!Dies()) report_in(time, true);
    } else if (fault == ActFault::kFails) {
      report_in(time, false);
    } else {
      if (random_.OneIn(2)) After(limit / 2, std::move(deed));
      report_in(limit, false);
    }
  };
  const GuestAct& act = numbered.act;
  if (checker_.Tells()) checker_.Say("guest", Words(act));
  if (const auto* write = std::get_if<WriteRecords>(&act)) {
    Write(number, *write);
  } else if (std::holds_alternative<SurveyUnits>(act)) {
    ActResult result;
    result.ok = IsHeard();
    if (result.ok) result.units = Survey();
    Report(number, result);
  } else if (const auto* arm = std::get_if<ArmDeadMan>(&act)) {
    if (Dies()) return;
    ask(faults_.dead_man, kMs, kOwnUnitLimit, [this, armed = arm->armed] {
      dead_man_armed_ = armed;
      ++dead_man_;
      if (armed) TickDeadMan();
    });
  } else if (const auto* hold = std::get_if<BeginHold>(&act)) {
    if (Dies()) return;
    if (!InTime(hold->not_after)) return report_in(kMs, false);
    ask(faults_.hold, kMs, kHoldLimit,
        [this, status = machine_->Status(Boottime()), job = ++hold_jobs_] {
          if (job != hold_jobs_) return;
          checker_.OnHold(status);
          units_.BeginHold();
        });
  } else if (std::holds_alternative<EndHold>(act)) {
    if (Dies()) return;
    ask(faults_.hold_end, kMs, kOwnUnitLimit, [this, job = ++hold_jobs_] {
      if (job == hold_jobs_) units_.EndHold();
    });
  } else if (const auto* hooks = std::get_if<RunHooks>(&act)) {
    if (Dies()) return;
    if (!IsHeard() || !InTime(hooks->not_after)) return ReportUnheard(number);
    const ActFault fault =
        hooks->quiesce ? faults_.quiesce_hook : faults_.resume_hook;
    const bool ok = fault == ActFault::kNone;
    if (hooks->quiesce && !ok) {
      checker_.OnHookFailed(machine_->Status(Boottime()));
    }
    report_in(fault == ActFault::kHangs ? kHookLimit : 200 * kMs,
              ok || mutation_ == Mutation::kIgnoresHook);
  } else if (const auto* stop = std::get_if<StopUnit>(&act)) {
    Stop(number, *stop);
  } else if (const auto* start = std::get_if<StartUnit>(&act)) {
    if (Dies()) return;
    if (!IsHeard()) return ReportUnheard(number);
    checker_.OnStart(*units_.Find(start->unit));
    units_.Start(start->unit, start->limit,
                 [this, number](bool ok) { ReportJob(number, ok); });
    Dies();
  } else if (const auto* ready = std::get_if<AskReady>(&act)) {
    report_in(20 * kMs, IsHeard() && units_.IsReady(ready->unit));
  } else if (const auto* action = std::get_if<RunAction>(&act)) {
    const bool before = action->phase == ActionPhase::kBeforeStart;
    ActFault fault = before ? faults_.before_start : faults_.after_step;
    const bool forgets = before && mutation_ == Mutation::kForgetsBeforeStart;
    if (!IsHeard()) {
      if (before) not_told_ = true;
      return ReportUnheard(number);
    }
    if (before && fault != ActFault::kNone) not_told_ = true;
    if (before && fault == ActFault::kNone && !forgets) {
      After(100 * kMs, [this] { TellDaemon(); });
    }
    report_in(fault == ActFault::kHangs ? kActionLimit : 101 * kMs,
              fault == ActFault::kNone);
  } else if (std::holds_alternative<ReadClock>(act)) {
    ActResult result;
    result.ok = true;
    result.before = clock_.Read(agenda_.Time());
    result.discipline.status = unsynchronised_ ? 0x40 : 0;
    result.slew_left = clock_.SlewLeft(agenda_.Time());
    Report(number, result);
  } else if (const auto* move = std::get_if<MoveClock>(&act)) {
    Move(number, *move);
  } else if (const auto* wake = std::get_if<WakeAt>(&act)) {
    ++wakes_;
    Wake(wake->boottime);
  } else if (const auto* answer = std::get_if<AnswerOrder>(&act)) {
    if (Dies()) return;
    const auto found = asked_.find(answer->token);
    if (found == asked_.end()) return;
    const auto [order, tell] = std::move(found->second);
    asked_.erase(found);
    checker_.OnAnswer(order, answer->status);
    tell(answer->status);
    Dies();
  }
}

void CorrectionGuest::Wake(absl::Duration boottime) {
  const absl::Duration wait =
      std::max(absl::ZeroDuration(), boottime - Boottime()) + kMs;
  AfterInCorrector(std::min(wait, absl::Hours(1)),
                   [this, boottime, wake = wakes_] {
                     if (wake != wakes_) return;
                     if (Boottime() < boottime) return Wake(boottime);
                     Feed(machine_->Wake(Boottime()));
                   });
}

void CorrectionGuest::Write(uint64_t number, const WriteRecords& write) {
  if (Dies()) return;
  const uint64_t life = lives_;
  if (kills_.PassesWrite(write.records.size() * kRecordBytes)) {
    disk_.AppendTorn(write.records, torn_bytes_);
    kill_is_power_ ? Reboot() : KillCorrector();
  }
  if (life != lives_) return;
  if (kills_.Passes()) {
    disk_.AppendUnsynchronised(write.records);
    kill_is_power_ ? Reboot() : KillCorrector();
  }
  if (life != lives_) return;
  ActResult result;
  result.ok = disk_.Append(write.records);
  if (Dies()) return;
  Report(number, result);
}

bool CorrectionGuest::HangsBefore(const NumberedAct& act) {
  if (agenda_.Time() >= hung_until_) return false;
  acts_.push_front(act);
  return true;
}

bool CorrectionGuest::InTime(absl::Duration not_after) const {
  return mutation_ == Mutation::kIgnoresLock || Boottime() <= not_after;
}

void CorrectionGuest::Stop(uint64_t number, const StopUnit& stop) {
  if (Dies() || HangsBefore({number, stop})) return;
  ActResult result;
  if (!InTime(stop.not_after)) {
    result.refusal = Refusal::kExpired;
    return Report(number, result);
  }
  if (!IsHeard()) return ReportUnheard(number);
  FakeUnit& unit = *units_.Find(stop.unit);
  checker_.OnStop(machine_->Status(Boottime()), unit, disk_.Durable());
  if (unit.seen.Runs() && unit.refused_stops == 0)
    unit.down_by_us = unit.owed = true;
  units_.Stop(stop.unit, stop.limit,
              [this, number](bool ok) { ReportJob(number, ok); });
  Dies();
}

std::vector<SeenUnit> CorrectionGuest::Survey() const {
  std::vector<SeenUnit> seen;
  for (const FakeUnit& unit : units_.All()) seen.push_back(unit.seen);
  const bool rests =
      std::any_of(units_.All().begin(), units_.All().end(),
                  [](const FakeUnit& unit) { return unit.down_by_us; });
  if (mutation_ == Mutation::kSkipsProof && rests) {
    for (SeenUnit& unit : seen) {
      unit.state = ServiceState::kInactive;
      unit.has_processes = false;
    }
  }
  return seen;
}

void CorrectionGuest::Move(uint64_t number, const MoveClock& move) {
  if (Dies() || HangsBefore({number, move})) return;
  ActResult result;
  result.before = clock_.Read(agenda_.Time());
  result.after = result.before;
  MoveClock checked = move;
  if (mutation_ == Mutation::kIgnoresLock) {
    checked.not_after = absl::InfiniteDuration();
  }
  result.refusal = mutation_ == Mutation::kNoLastLook
                       ? Refusal::kNone
                       : MayMove(checked, Survey(), result.before);
  if (!IsHeard()) result.refusal = Refusal::kNotAtRest;
  if (result.refusal == Refusal::kNone && faults_.clock_refuses) {
    result.refusal = Refusal::kClock;
  }
  if (result.refusal == Refusal::kNone) {
    if (move.method == CorrectionMethod::kStep) {
      clock_.Set(move.amount, agenda_.Time());
      unsynchronised_ = true;
    } else {
      clock_.BeginSlew(move.amount, agenda_.Time());
    }
    result.ok = true;
    result.after = clock_.Read(agenda_.Time());
    checker_.OnMove(machine_->Status(Boottime()), move, units_.All(),
                    disk_.Durable(), Offset());
  }
  if (Dies()) return;
  Report(number, result);
}

}  // namespace noonmark::simulation
