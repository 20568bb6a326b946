#ifndef NOONMARK_GUEST_DEMO_SCRIPTED_CORRECTOR_H_
#define NOONMARK_GUEST_DEMO_SCRIPTED_CORRECTOR_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/correct/guest_act.h"
#include "common/correct/guest_correction.h"
#include "guest/demo/scripted_clock.h"
#include "guest/demo/scripted_services.h"
#include "guest/service/corrector.h"

namespace noonmark {

// The corrector of an imaginary guest. It decides as noonmark-corrector does,
// with the same state machine; the services that it stops and the clock that it
// moves are scripted.
class ScriptedCorrector final : public Corrector {
 public:
  // `clock` must outlive it. `boot` is what the guest's readings tell.
  ScriptedCorrector(ScriptedClock* clock, BootId boot,
                    std::vector<ScriptedService> services);
  ~ScriptedCorrector() override;

  // Before the first order. `set` is called, on a thread of its own, whenever
  // its clock is stepped, as the kernel would tell.
  void OnClockSet(std::function<void()> set);
  void Ask(const Order& order, Answer answer) override;
  // Nothing is called from now on. Idempotent.
  void End();

 private:
  using Moment = std::chrono::steady_clock::time_point;  // CLOCK_MONOTONIC

  struct Question {
    Order order;
    Answer answer;
  };

  // Of its own thread, all but the questions.
  void Run();
  void Do(const GuestCorrection::Acts& acts);
  void Play(uint64_t number, const GuestAct& act);
  void Later(absl::Duration delay, std::function<void()> happen);
  void TellLater(absl::Duration delay, uint64_t number, ActResult result);
  void PlayJob(uint64_t number, const ScriptedServices::Job& job);
  ActResult Move(const MoveClock& move);
  void StepClock(absl::Duration by);
  absl::Duration Boottime();
  Moment NextMoment();

  ScriptedClock* const clock_;
  ScriptedServices services_;
  GuestCorrection correction_;
  std::function<void()> set_ = [] {};
  absl::Duration last_boottime_ = -absl::InfiniteDuration();
  absl::Duration wake_at_ = absl::InfiniteDuration();
  std::multimap<Moment, std::function<void()>> agenda_;
  std::map<uint64_t, Answer> answers_;  // by token
  uint64_t last_token_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Question> questions_;
  bool ending_ = false;

  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_SCRIPTED_CORRECTOR_H_
