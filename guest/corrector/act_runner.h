#ifndef NOONMARK_GUEST_CORRECTOR_ACT_RUNNER_H_
#define NOONMARK_GUEST_CORRECTOR_ACT_RUNNER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/correct/guest_act.h"
#include "common/correct/service_profile.h"
#include "common/runtime/journal_file.h"
#include "common/time/clock.h"
#include "guest/adjust/clock_adjuster.h"
#include "guest/corrector/hooks.h"
#include "guest/corrector/places.h"
#include "guest/corrector/readiness.h"
#include "guest/corrector/turns.h"
#include "guest/units/at_rest.h"
#include "guest/units/event_loop.h"
#include "guest/units/unit_manager.h"

namespace noonmark {

// Does what the state machine asks for (common/correct/guest_act.h, which says
// what each act is), and tells what came of it. It decides nothing.
class ActRunner {
 public:
  struct Parts {
    EventLoop* loop = nullptr;
    UnitManager* units = nullptr;
    Clock* clock = nullptr;
    ClockAdjuster* adjuster = nullptr;
    JournalFile* journal = nullptr;
    std::vector<ServiceProfile> profiles;
    CorrectorPlaces places;
    ProofPaths proofs;
    std::string hooks = kHooksFolder;
    std::string probe_account = kProbeAccount;
  };
  struct Sinks {
    // From the loop, never from within Begin().
    std::function<void(uint64_t act, const ActResult& result)> done;
    std::function<void()> wake;
    std::function<void(uint64_t token, const OperationStatus& status)> answer;
    // May be empty: before each act that has a result is begun, and again when
    // it is there, before anybody hears of it. For tests, which die there.
    std::function<void(const GuestAct& act)> crossing;
  };

  ActRunner(Parts parts, Sinks sinks);

  // Begins them in their order. What can be done at once is done before this
  // returns: a record is on the disk before the next act begins.
  void Begin(const std::vector<NumberedAct>& acts);

 private:
  using Then = std::function<void(const ActResult&)>;

  void Do(const WriteRecords& act, const Then& then);
  void Do(const SurveyUnits& act, const Then& then);
  void Do(const ArmDeadMan& act, const Then& then);
  void Do(const BeginHold& act, const Then& then);
  void Do(const EndHold& act, const Then& then);
  void Do(const RunHooks& act, const Then& then);
  void Do(const StopUnit& act, const Then& then);
  void Do(const StartUnit& act, const Then& then);
  void Do(const AskReady& act, const Then& then);
  void Do(const RunAction& act, const Then& then);
  void Do(const ReadClock& act, const Then& then);
  void Do(const MoveClock& act, const Then& then);
  void Do(const WakeAt& act, const Then& then);
  void Do(const AnswerOrder& act, const Then& then);

  void Order(UnitVerb verb, const std::string& unit, absl::Duration limit,
             const Then& then);
  void AwaitHold(int looks, const Turns::Turn& turn, const Then& then);
  ActResult Move(const MoveClock& act, const std::vector<SeenUnit>& units);

  const Parts parts_;
  const Sinks sinks_;
  Turns turns_;
  EventLoop::Source wake_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_ACT_RUNNER_H_
