#include "guest/demo/scripted_corrector.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

// After its start a time daemon needs so long to make up its mind.
constexpr absl::Duration kDaemonThinks = absl::Milliseconds(500);

MonotonicTime Now() {
  // Of libstdc++, steady_clock is CLOCK_MONOTONIC.
  return MonotonicTime::FromReading(
      absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

ActResult Success() {
  ActResult result;
  result.ok = true;
  return result;
}

}  // namespace

ScriptedCorrector::ScriptedCorrector(ScriptedClock* clock, BootId boot,
                                     std::vector<ScriptedService> services)
    : clock_(clock),
      services_(std::move(services)),
      correction_({}, boot),
      thread_([this] { Run(); }) {}

ScriptedCorrector::~ScriptedCorrector() { End(); }

void ScriptedCorrector::OnClockSet(std::function<void()> set) {
  const std::lock_guard lock(mutex_);
  set_ = std::move(set);
}

void ScriptedCorrector::Ask(const Order& order, Answer answer) {
  const std::lock_guard lock(mutex_);
  questions_.push_back({order, std::move(answer)});
  changed_.notify_all();
}

void ScriptedCorrector::End() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void ScriptedCorrector::Run() {
  Do(correction_.Recover({}, {}, Boottime()));
  while (true) {
    std::vector<Question> questions;
    {
      std::unique_lock lock(mutex_);
      // At an hour the latest: the end of time is more than a wait can bear.
      const Moment until =
          std::min(NextMoment(),
                   std::chrono::steady_clock::now() + std::chrono::hours(1));
      changed_.wait_until(lock, until,
                          [this] { return ending_ || !questions_.empty(); });
      if (ending_) return;
      questions.swap(questions_);
    }
    for (Question& question : questions) {
      const uint64_t token = ++last_token_;
      answers_[token] = std::move(question.answer);
      Do(correction_.Take(question.order, token, Boottime()));
    }
    while (!agenda_.empty() &&
           agenda_.begin()->first <= std::chrono::steady_clock::now()) {
      const std::function<void()> happen = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      happen();
    }
    if (Boottime() >= wake_at_) {
      wake_at_ = absl::InfiniteDuration();
      Do(correction_.Wake(Boottime()));
    }
  }
}

void ScriptedCorrector::Do(const GuestCorrection::Acts& acts) {
  for (const NumberedAct& act : acts) Play(act.number, act.act);
}

void ScriptedCorrector::Play(uint64_t number, const GuestAct& act) {
  if (const auto* wake = std::get_if<WakeAt>(&act)) {
    wake_at_ = wake->boottime;
  } else if (const auto* answer = std::get_if<AnswerOrder>(&act)) {
    const auto it = answers_.find(answer->token);
    if (it == answers_.end()) return;
    const Answer tell = std::move(it->second);
    answers_.erase(it);
    tell(answer->status);
  } else if (const auto* stop = std::get_if<StopUnit>(&act)) {
    LogInfo(absl::StrCat("stops ", stop->unit));
    PlayJob(number, services_.Stop(stop->unit, stop->limit, Now()));
  } else if (const auto* start = std::get_if<StartUnit>(&act)) {
    LogInfo(absl::StrCat("starts ", start->unit));
    const ScriptedServices::Job job =
        services_.Start(start->unit, start->limit, Now());
    PlayJob(number, job);
    const ScriptedService* service = services_.Find(start->unit);
    if (job.ok && service != nullptr &&
        service->steps_after_start != absl::ZeroDuration()) {
      Later(job.lasts + kDaemonThinks, [this, service] {
        LogInfo(absl::StrCat(service->unit, " sets the clock"));
        StepClock(service->steps_after_start);
      });
    }
  } else if (std::holds_alternative<SurveyUnits>(act)) {
    ActResult seen = Success();
    seen.units = services_.Survey(Now());
    TellLater(absl::ZeroDuration(), number, std::move(seen));
  } else if (std::holds_alternative<ReadClock>(act)) {
    ActResult read = Success();
    read.before = clock_->ReadWithoutGlitch();
    read.discipline.tick_us = 10'000;
    read.slew_left = clock_->SlewLeft();
    TellLater(absl::ZeroDuration(), number, std::move(read));
  } else if (const auto* move = std::get_if<MoveClock>(&act)) {
    TellLater(absl::ZeroDuration(), number, Move(*move));
  } else {
    // Records, timers, holds, hooks, actions: of an imaginary guest all of
    // them go well, at once.
    TellLater(absl::ZeroDuration(), number, Success());
  }
}

void ScriptedCorrector::Later(absl::Duration delay,
                              std::function<void()> happen) {
  agenda_.emplace(
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay),
      std::move(happen));
}

void ScriptedCorrector::TellLater(absl::Duration delay, uint64_t number,
                                  ActResult result) {
  Later(delay, [this, number, result = std::move(result)] {
    Do(correction_.Done(number, result, Boottime()));
  });
}

void ScriptedCorrector::PlayJob(uint64_t number,
                                const ScriptedServices::Job& job) {
  ActResult result;
  result.ok = job.ok;
  if (!job.ok) result.detail = "the script says that it does not";
  TellLater(job.lasts, number, std::move(result));
}

ActResult ScriptedCorrector::Move(const MoveClock& move) {
  ActResult result;
  const std::vector<SeenUnit> units = services_.Survey(Now());
  result.before = clock_->ReadWithoutGlitch();
  result.refusal = MayMove(move, units, result.before);
  if (result.refusal != Refusal::kNone) return result;
  LogInfo(
      absl::StrCat("moves its clock by ", absl::FormatDuration(move.amount)));
  switch (move.method) {
    case CorrectionMethod::kStep:
      StepClock(move.amount);
      break;
    case CorrectionMethod::kSlew:
      clock_->Slew(move.amount);
      break;
  }
  result.after = clock_->ReadWithoutGlitch();
  result.ok = true;
  return result;
}

void ScriptedCorrector::StepClock(absl::Duration by) {
  clock_->Step(by);
  std::function<void()> set;
  {
    const std::lock_guard lock(mutex_);
    set = set_;
  }
  set();
}

// A script may have it fall back, the kernel never does.
absl::Duration ScriptedCorrector::Boottime() {
  return last_boottime_ =
             std::max(last_boottime_, clock_->ReadWithoutGlitch().boottime);
}

ScriptedCorrector::Moment ScriptedCorrector::NextMoment() {
  Moment next = Moment::max();
  if (!agenda_.empty()) next = agenda_.begin()->first;
  if (wake_at_ < absl::InfiniteDuration()) {
    next = std::min(next, std::chrono::steady_clock::now() +
                              absl::ToChronoNanoseconds(std::min(
                                  wake_at_ - Boottime(), absl::Hours(1))));
  }
  return next;
}

}  // namespace noonmark
