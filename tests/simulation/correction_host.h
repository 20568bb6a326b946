#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_HOST_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_HOST_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/host_correction.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/correction_checker.h"
#include "tests/simulation/correction_guest.h"
#include "tests/simulation/fault_disk.h"
#include "tests/simulation/random.h"

namespace noonmark::simulation {

// What lies between a host and the guest. All draws are its own.
struct Network {
  double loss = 0;
  double duplicates = 0;
  double reorders = 0;  // as much later as `late`
  absl::Duration late = absl::Seconds(3);
  bool cut_to_guest = false;
  bool cut_to_host = false;
};

// A dom0 with one guest: noonmarkd around the machine that is tested, its
// journal, its clock. It plans a correction whenever it believes that the guest
// is wrong and its rails allow one.
class CorrectionHost {
 public:
  struct Options {
    uint8_t number = 1;  // of its operations
    uint64_t epoch = 1;
    // A plan of this method, at this moment, and later ones if it is not held.
    CorrectionMethod method = CorrectionMethod::kStep;
    bool quiesces = true;
    bool corrects = true;
    absl::Duration hold_max;
    int most_plans = 1;
    absl::Duration between_plans = absl::Minutes(11);
  };

  CorrectionHost(Agenda& agenda, Random random, KillPlan& kills,
                 CorrectionChecker& checker, CorrectionGuest& guest,
                 const Options& options);

  // Plans at this moment.
  void PlanAt(absl::Duration moment);

  void Kill();
  // noonmarkd is gone, and does not come back before Return().
  void Leave();
  void Return();
  void StepClock(absl::Duration by);
  // Its clock is right, or known not to be.
  void Prove(bool proven);
  void Tell(DomainLife life);
  void Cancel();
  void Heal();
  Network& Net() { return net_; }
  FaultDisk& Disk() { return disk_; }
  void TearAt(size_t bytes) { torn_bytes_ = bytes; }

  // All its operations are over, its slots free.
  bool AtPeace() const;
  const std::optional<HostProgress>& Last() const { return last_; }
  const HostCorrection* Machine() const {
    return machine_.has_value() ? &*machine_ : nullptr;
  }

 private:
  MonotonicTime Now() const {
    return MonotonicTime::FromReading(absl::Hours(50) + agenda_.Time());
  }
  void After(absl::Duration time, std::function<void()> deed);
  bool Dies();
  void Plan();
  void Start();
  // The first operation of these that is not over.
  void Resume(const std::vector<OperationId>& open);
  void Feed(HostCorrection::Acts acts);
  void Pump();
  void Perform(const HostAct& act, bool right);
  void Write(const WriteHostRecords& write);
  void Send(const Order& order, bool right);
  void Answer(const OperationStatus& status);
  void Measure();
  void AfterAct();
  // How long a message takes; absent: it is lost.
  std::optional<absl::Duration> Transit(bool to_guest);

  Agenda& agenda_;
  Random random_;
  KillPlan& kills_;
  CorrectionChecker& checker_;
  CorrectionGuest& guest_;
  const Options options_;
  const std::string name_;

  FaultDisk disk_;
  Network net_;
  uint64_t lives_ = 1;
  bool here_ = true;
  absl::Duration clock_error_;
  bool proven_ = true;
  std::optional<HostCorrection> machine_;
  // With whether the host was right as the machine decided.
  std::deque<std::pair<HostAct, bool>> acts_;
  bool busy_ = false;
  uint64_t ticks_ = 0;
  int plans_ = 0;
  bool held_ = false;
  std::set<IdBytes> slots_;
  std::set<IdBytes> over_;  // in this life
  std::optional<HostProgress> last_;
  size_t torn_bytes_ = 100;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_HOST_H_
