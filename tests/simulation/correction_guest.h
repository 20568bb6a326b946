#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_GUEST_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_GUEST_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/guest_correction.h"
#include "common/correct/lease_keeper.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/correction_checker.h"
#include "tests/simulation/fake_units.h"
#include "tests/simulation/fault_disk.h"
#include "tests/simulation/guest_clock.h"
#include "tests/simulation/random.h"

namespace noonmark::simulation {

// A care that is left out on purpose, to see that the checker bites.
enum class Mutation : uint8_t {
  kNone,
  kForgetsSync,           // what is "durable" is not written at all
  kIgnoresEpoch,          // every order has the highest
  kSkipsProof,            // what is surveyed is said to rest
  kIgnoresValidity,       // no order is too old
  kNoLastLook,            // the clock is moved without MayMove()
  kNoKeeper,              // noonmark-resume does nothing
  kIgnoresLock,           // acts do not look at `not_after`
  kForgetsOperation,      // no two orders are of the same operation
  kIgnoresHook,           // one that failed is said to have done its work
  kForgetsBeforeStart,    // what a time daemon needs before its start
  kTakesUnheardForTried,  // who could not be asked is said to have refused
};

// What is wrong with an act that systemd does.
enum class ActFault : uint8_t {
  kNone,
  kFails,  // or is refused: nothing is done
  kHangs,  // beyond its limit; it may be done in spite of that
};
struct GuestFaults {
  ActFault quiesce_hook = ActFault::kNone;
  ActFault resume_hook = ActFault::kNone;
  ActFault before_start = ActFault::kNone;  // the action of that name
  ActFault after_step = ActFault::kNone;
  ActFault dead_man = ActFault::kNone;
  ActFault hold = ActFault::kNone;
  ActFault hold_end = ActFault::kNone;
  bool clock_refuses = false;  // the kernel does
};

// What a time daemon does after its start.
enum class DaemonHabit : uint8_t {
  kAgrees,
  kStepsRight,    // to the true time
  kRestores,      // the clock that it remembers, unless it was told better
  kStepsAgainst,  // to a time that is wrong, as its sources are
  kSilent,
  kMarksBlindly,  // says that the clock is right before it has asked anybody
};

// A guest with everything that a correction meets: clocks, systemd, a disk, the
// corrector with the machine that is tested, noonmark-resume and its timer.
// Each can be killed, hung, frozen.
class CorrectionGuest {
 public:
  CorrectionGuest(Agenda& agenda, Random random, KillPlan& kills,
                  CorrectionChecker& checker,
                  const GuestCorrectionConfig& config, absl::Duration offset,
                  Mutation mutation);
  ~CorrectionGuest();
  CorrectionGuest(const CorrectionGuest&) = delete;
  CorrectionGuest& operator=(const CorrectionGuest&) = delete;

  // The corrector's first start.
  void Start();

  // --- as dom0 sees it ---

  // An order that has arrived; answered once, or never.
  void Take(const Order& order, std::function<void(OperationStatus)> answer);
  bool Answers() const { return !frozen_; }
  absl::Duration Offset() const { return clock_.Offset(agenda_.Time()); }
  absl::Duration RealMinusBoot() const { return clock_.RealMinusBoot(); }
  absl::Duration Boottime() const { return clock_.Boottime(agenda_.Time()); }
  BootId Boot() const { return boot_; }

  // --- what is done to it ---

  void KillCorrector(bool for_good = false);
  void HangCorrector(absl::Duration time);
  void Reboot();
  void Freeze(absl::Duration time, bool counts);
  void SetClock(absl::Duration by);
  void StartByOthers(const std::string& name);
  void StopByPerson(const std::string& name);
  // Where a kill plan strikes the guest: its power fails, not the process.
  void PlanKillsPower() { kill_is_power_ = true; }
  void TearAt(size_t bytes) { torn_bytes_ = bytes; }
  void SetDaemonHabit(DaemonHabit habit) { habit_ = habit; }
  GuestFaults& Faults() { return faults_; }
  // The corrector cannot reach systemd: its bus starts anew, say. What
  // noonmark-resume has is systemd's own socket.
  void LoseSystemd(absl::Duration time);
  // No new faults, and those that last end.
  void Heal();

  FaultDisk& Disk() { return disk_; }
  FaultDisk& MarkDisk() { return marks_; }
  FakeUnits& Units() { return units_; }
  const GuestCorrection* Machine() const { return machine_.get(); }
  // It was said that a service of ours did not come back.
  bool HasToldOfFailure() const;
  uint64_t Boots() const { return boots_; }
  // Nothing is owed and nothing under way.
  bool AtPeace() const;
  // After every event.
  void Check();

 private:
  // In so much time of the guest, unless it boots meanwhile.
  void After(absl::Duration time, std::function<void()> deed);
  // And unless the corrector dies; later while it hangs.
  void AfterInCorrector(absl::Duration time, std::function<void()> deed);

  void StartCorrector();
  void Feed(GuestCorrection::Acts acts);
  void Pump();
  void Perform(const NumberedAct& act);
  void Write(uint64_t number, const WriteRecords& write);
  void Stop(uint64_t number, const StopUnit& stop);
  void Move(uint64_t number, const MoveClock& move);
  bool IsHeard() const { return agenda_.Time() >= unheard_until_; }
  void ReportUnheard(uint64_t number);
  void ReportJob(uint64_t number, bool ok);
  void TellDaemon();
  void Report(uint64_t number, ActResult result);
  void Wake(absl::Duration boottime);
  bool InTime(absl::Duration not_after) const;
  // It hangs between the decision and the act, which comes afterwards.
  bool HangsBefore(const NumberedAct& act);
  std::vector<SeenUnit> Survey() const;
  // True: the corrector, or the machine, died here.
  bool Dies();

  void TickDeadMan();
  void RunKeeper(bool corrector_ended, std::function<void()> then);
  void BringBack(const KeeperDecision& decision, std::function<void()> then);
  void StartAll(const KeeperDecision& decision,
                const std::function<void()>& then);
  void OnDaemonStarted();

  Agenda& agenda_;
  Random random_;
  KillPlan& kills_;
  CorrectionChecker& checker_;
  const GuestCorrectionConfig config_;
  const Mutation mutation_;

  GuestClock clock_;
  BootId boot_;
  uint64_t boots_ = 1;
  bool frozen_ = false;
  bool frozen_counts_ = false;
  absl::Duration frozen_until_;
  bool unsynchronised_ = false;

  FaultDisk disk_;
  FaultDisk marks_;
  FakeUnits units_;
  DaemonHabit habit_ = DaemonHabit::kAgrees;
  absl::Duration remembered_;    // REALTIME - BOOTTIME, by the time daemon
  bool set_since_told_ = false;  // by others, since it was told better
  bool not_told_ = false;        // as a fault of ours kept it from that
  GuestFaults faults_;
  uint64_t hold_jobs_ = 0;  // a later one of the hold cancels the one before
  absl::Duration unheard_until_;

  std::unique_ptr<GuestCorrection> machine_;
  uint64_t lives_ = 0;
  bool dead_for_good_ = false;
  absl::Duration hung_until_;
  std::deque<NumberedAct> acts_;
  bool busy_ = false;
  std::map<uint64_t, std::pair<Order, std::function<void(OperationStatus)>>>
      asked_;
  uint64_t next_token_ = 1;
  uint64_t wakes_ = 0;

  bool dead_man_armed_ = false;
  uint64_t dead_man_ = 0;
  bool keeper_runs_ = false;

  bool kill_is_power_ = false;
  size_t torn_bytes_ = 100;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_GUEST_H_
