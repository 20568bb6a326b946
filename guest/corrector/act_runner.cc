#include "guest/corrector/act_runner.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/correct/limits.h"
#include "common/runtime/kernel_discipline.h"
#include "common/runtime/log.h"
#include "guest/units/survey.h"

namespace noonmark {
namespace {

// Of units of ours that do nothing but be there. The first order of all finds
// polkit not started yet, which took 8 s on a busy guest.
constexpr absl::Duration kOwnUnitLimit = absl::Seconds(30);
constexpr absl::Duration kActionLimit = absl::Seconds(60);
constexpr absl::Duration kHoldLookAgain = absl::Milliseconds(20);
constexpr int kHoldLooks = 250;  // 5 s

std::string Text(const absl::Status& status) {
  return std::string(status.message());
}

ActResult ResultOf(const absl::Status& status) {
  ActResult result;
  result.ok = status.ok();
  result.unheard = absl::IsUnavailable(status);
  result.detail = Text(status);
  return result;
}

const char* PhaseWord(ActionPhase phase) {
  switch (phase) {
    case ActionPhase::kBeforeStart:
      return "before-start";
    case ActionPhase::kStep:
      return "step";
  }
  return "";
}

}  // namespace

ActRunner::ActRunner(Parts parts, Sinks sinks)
    : parts_(std::move(parts)),
      sinks_(std::move(sinks)),
      turns_(parts_.loop, parts_.clock, parts_.places.Lock()) {}

void ActRunner::Begin(const std::vector<NumberedAct>& acts) {
  for (const NumberedAct& numbered : acts) {
    const GuestAct& act = numbered.act;
    const bool has_result = !std::holds_alternative<WakeAt>(act) &&
                            !std::holds_alternative<AnswerOrder>(act);
    if (sinks_.crossing != nullptr && has_result) sinks_.crossing(act);
    const Then then = [this, act,
                       number = numbered.number](const ActResult& result) {
      if (sinks_.crossing != nullptr) sinks_.crossing(act);
      parts_.loop->Soon(
          [this, number, result] { sinks_.done(number, result); });
    };
    std::visit([&](const auto& what) { Do(what, then); }, act);
  }
}

void ActRunner::Do(const WriteRecords& act, const Then& then) {
  const JournalFile::Written written = parts_.journal->Append(act.records);
  if (!written.copy.ok()) LogWarning(Text(written.copy));
  then(ResultOf(written.disk));
}

void ActRunner::Do(const SurveyUnits& act, const Then& then) {
  SurveyServices(parts_.units, &parts_.profiles, act.also, parts_.proofs,
                 [then](absl::StatusOr<std::vector<SeenUnit>> seen) {
                   ActResult result = ResultOf(seen.status());
                   if (seen.ok()) result.units = *std::move(seen);
                   then(result);
                 });
}

void ActRunner::Do(const ArmDeadMan& act, const Then& then) {
  if (!act.armed) {
    return Order(UnitVerb::kStop, kResumeTimer, kOwnUnitLimit, then);
  }
  // noonmark-resume stops its timer in a turn of its own, if the journal says
  // that nothing rests.
  turns_.Take(
      absl::InfiniteDuration(), [this, then](absl::StatusOr<Turns::Turn> turn) {
        if (!turn.ok()) return then(ResultOf(turn.status()));
        Order(UnitVerb::kStart, kResumeTimer, kOwnUnitLimit,
              [then, turn = *std::move(turn)](const ActResult& r) { then(r); });
      });
}

// Its start job lasts as long as the hold, so its end is not what tells that it
// was begun.
void ActRunner::Do(const BeginHold& act, const Then& then) {
  turns_.Take(act.not_after, [this, then](absl::StatusOr<Turns::Turn> turn) {
    if (!turn.ok()) return then(ResultOf(turn.status()));
    parts_.units->Order(
        UnitVerb::kStart, kHoldUnit,
        CorrectionLimits().lease_cap + absl::Minutes(1),
        [this, then, turn = *turn](const absl::Status& queued) {
          if (!queued.ok()) return then(ResultOf(queued));
          AwaitHold(kHoldLooks, turn, then);
        },
        [](const absl::Status& /*ended*/) {});
  });
}

void ActRunner::AwaitHold(int looks, const Turns::Turn& turn,
                          const Then& then) {
  parts_.units->Look(
      kHoldUnit, [=, this](const absl::StatusOr<UnitFacts>& facts) {
        if (facts.ok() && facts->state == ServiceState::kStarting) {
          return then(ResultOf(absl::OkStatus()));
        }
        if (looks == 0) {
          return then(ResultOf(absl::UnavailableError(
              facts.ok() ? absl::StrCat(kHoldUnit, " does not begin")
                         : facts.status().message())));
        }
        parts_.loop->Later(kHoldLookAgain,
                           [=, this] { AwaitHold(looks - 1, turn, then); });
      });
}

void ActRunner::Do(const EndHold& /*act*/, const Then& then) {
  Order(UnitVerb::kStop, kHoldUnit, kOwnUnitLimit, then);
}

void ActRunner::Do(const RunHooks& act, const Then& then) {
  RunAllHooks(parts_.units, &turns_, parts_.hooks, parts_.places.Hook(), act,
              [then](const absl::Status& status) { then(ResultOf(status)); });
}

void ActRunner::Do(const StopUnit& act, const Then& then) {
  turns_.Take(
      act.not_after, [this, act, then](absl::StatusOr<Turns::Turn> turn) {
        if (!turn.ok()) return then(ResultOf(turn.status()));
        // To the moment at which the job is queued; stopping may take minutes.
        const auto held = std::make_shared<Turns::Turn>(*std::move(turn));
        parts_.units->Order(
            UnitVerb::kStop, act.unit, act.limit,
            [held](const absl::Status& /*queued*/) { held->reset(); },
            [then](const absl::Status& done) { then(ResultOf(done)); });
      });
}

void ActRunner::Do(const StartUnit& act, const Then& then) {
  Order(UnitVerb::kStart, act.unit, act.limit, then);
}

void ActRunner::Do(const AskReady& act, const Then& then) {
  const ServiceProfile* profile = ProfileOf(parts_.profiles, act.unit);
  // One that lost its profile is ready when it is active.
  AskWhetherReady(
      parts_.units, act.unit, profile != nullptr ? *profile : ServiceProfile(),
      parts_.probe_account,
      [then](const absl::Status& status) { then(ResultOf(status)); });
}

void ActRunner::Do(const RunAction& act, const Then& then) {
  Order(UnitVerb::kStart, ActionUnit(act.profile, PhaseWord(act.phase)),
        kActionLimit, then);
}

void ActRunner::Do(const ReadClock& /*act*/, const Then& then) {
  const absl::StatusOr<absl::Duration> slew_left = parts_.adjuster->SlewLeft();
  const std::optional<KernelDiscipline> discipline = ReadKernelDiscipline();
  ActResult result = ResultOf(
      !slew_left.ok() ? slew_left.status()
      : discipline.has_value()
          ? absl::OkStatus()
          : absl::UnavailableError("the kernel does not tell its discipline"));
  result.before = parts_.clock->Read();
  result.discipline = discipline.value_or(KernelDiscipline());
  result.slew_left = slew_left.value_or(absl::ZeroDuration());
  then(result);
}

void ActRunner::Do(const MoveClock& act, const Then& then) {
  turns_.Take(
      act.not_after, [this, act, then](absl::StatusOr<Turns::Turn> turn) {
        if (!turn.ok()) {
          ActResult result = ResultOf(turn.status());
          result.refusal = Refusal::kExpired;
          return then(result);
        }
        SurveyServices(parts_.units, &parts_.profiles, act.also, parts_.proofs,
                       [this, act, then, turn = *std::move(turn)](
                           absl::StatusOr<std::vector<SeenUnit>> seen) {
                         if (seen.ok()) return then(Move(act, *seen));
                         ActResult result = ResultOf(seen.status());
                         result.refusal = Refusal::kNotAtRest;
                         then(result);
                       });
      });
}

// In one go: nothing else runs between the last look and the act.
ActResult ActRunner::Move(const MoveClock& act,
                          const std::vector<SeenUnit>& units) {
  ActResult result;
  result.units = units;
  result.before = parts_.clock->Read();
  result.refusal = MayMove(act, units, result.before);
  if (result.refusal == Refusal::kNone) {
    const absl::Status moved = act.method == CorrectionMethod::kStep
                                   ? parts_.adjuster->Step(act.amount)
                                   : parts_.adjuster->Slew(act.amount);
    result.ok = moved.ok();
    result.detail = Text(moved);
    if (absl::IsOutOfRange(moved)) {
      result.refusal = Refusal::kRange;
    } else if (!moved.ok()) {
      result.refusal = Refusal::kClock;
    }
  }
  result.after = parts_.clock->Read();
  const CorrectionFate fate =
      FateOf(act.amount, RealMinusBoot(result.before),
             RealMinusBoot(result.after), CorrectionLimits().clock_tolerance);
  if (result.ok && act.method == CorrectionMethod::kStep &&
      fate == CorrectionFate::kMoved) {
    // The next boot starts from it; nothing here waits for it.
    parts_.loop->Soon([this] {
      const absl::Status set = parts_.adjuster->SetHardwareClock();
      if (!set.ok() && !absl::IsNotFound(set)) LogWarning(Text(set));
    });
  }
  return result;
}

void ActRunner::Do(const WakeAt& act, const Then& /*then*/) {
  wake_ = parts_.loop->After(act.boottime - parts_.clock->Read().boottime,
                             [this] { sinks_.wake(); });
}

void ActRunner::Do(const AnswerOrder& act, const Then& /*then*/) {
  sinks_.answer(act.token, act.status);
}

void ActRunner::Order(UnitVerb verb, const std::string& unit,
                      absl::Duration limit, const Then& then) {
  parts_.units->Order(
      verb, unit, limit, nullptr,
      [then](const absl::Status& done) { then(ResultOf(done)); });
}

}  // namespace noonmark
