#ifndef NOONMARK_HOST_CORRECT_CORRECTIONS_H_
#define NOONMARK_HOST_CORRECT_CORRECTIONS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/correct/host_correction.h"
#include "common/correct/journal_record.h"
#include "common/correct/limits.h"
#include "common/time/clock.h"
#include "host/correct/guest_plan.h"
#include "host/correct/off_switch.h"
#include "host/correct/running_operation.h"
#include "host/monitor/guest_corrector.h"
#include "host/policy/correction_policy.h"
#include "host/policy/rails.h"

namespace noonmark {

struct CorrectionOptions {
  CorrectionPolicies policies;
  RailLimits rails;
  // The operator declared the host right.
  bool declared = false;
  // A folder for the off switch and for what the rails remember; empty: nothing
  // outlives the process.
  std::string state;
  // Why nothing can be corrected, whatever else says: the operations' journal
  // cannot be kept. Empty: nothing is wrong.
  std::string fault;
};

// What the corrections of a host need of it.
struct CorrectionSeams {
  Clock* clock = nullptr;
  BootId boot;  // the host's
  // Durable when it returns true.
  std::function<bool(std::vector<JournalRecord>)> write;
  // Never gives the same twice.
  std::function<OperationId()> new_operation;
};

// What noonmarkd does about clocks that are wrong: keeps the rails, makes plans
// and carries them out, one HostCorrection an operation. On the monitor's
// thread.
class Corrections final : public GuestCorrector {
 public:
  // `journal`: what the operations' journal said at the start. What is open in
  // it is brought to its end; nothing of it is corrected any more.
  Corrections(const CorrectionOptions& options, CorrectionSeams seams,
              const std::vector<JournalRecord>& journal);
  ~Corrections() override;

  // An operator's word. Each is refused with all rails that object, a line
  // each.
  //   kFailedPrecondition  a rail objects, or there is nothing to be done; the
  //                        message says why and what to change.
  //   kNotFound            there is no such guest.
  // Corrects its clock as the plan says. The operation's id.
  absl::StatusOr<OperationId> Correct(const std::string& guest);
  // Brings its services to rest, for `lease` at most (the configured one if it
  // is zero), until Resume().
  absl::StatusOr<OperationId> Quiesce(const std::string& guest,
                                      absl::Duration lease);
  // Gives the guest's operation up: services come back.
  absl::StatusOr<OperationId> Resume(const std::string& guest);
  // No correction of the guest until it is released.
  absl::Status Hold(const std::string& guest, absl::string_view why);
  absl::Status Release(const std::string& guest);
  // No correction of anybody, over restarts too; and what is under way is given
  // up. Released: the breaker is closed, too.
  absl::Status HoldAll(absl::string_view why);
  absl::Status ReleaseAll();

  void Begin(GuestHands& hands) override;
  void OnBurst(const BurstReport& burst, MonotonicTime now) override;
  void OnStatus(const std::string& guest, const OperationStatus& status,
                MonotonicTime now) override;
  void OnLife(const std::string& guest, DomainLife life,
              MonotonicTime now) override;
  void OnHost(bool stepped, MonotonicTime now) override;
  void Tick(MonotonicTime now) override;
  std::shared_ptr<const CorrectionView> OnSnapshot(const HostSnapshot& snapshot,
                                                   MonotonicTime now) override;

 private:
  GuestPlan PlanNow(const GuestRow& row, const ClockReading& now) const;
  absl::StatusOr<OperationId> Start(const GuestRow& row, HostPlan plan,
                                    Initiator initiator, MonotonicTime now);
  HostPlan PlanOf(const GuestRow& row, const GuestPlan& made);
  void CorrectByItself(const std::string& guest, MonotonicTime now);
  absl::Status Refuse(const GuestRow& row,
                      const std::vector<Objection>& objections,
                      Initiator initiator, MonotonicTime now);
  void Recover(const std::vector<JournalRecord>& journal);
  void LoadRails();
  absl::Status SaveRails(MonotonicTime now) const;

  // Does the acts, and those that follow from them, until none is left.
  // `running` is gone when that was its end.
  void Perform(RunningOperation& running, HostCorrection::Acts acts,
               MonotonicTime now);
  HostCorrection::Acts Do(RunningOperation& running, const HostAct& act,
                          MonotonicTime now);
  void Finish(RunningOperation& running, MonotonicTime now);
  void TellProgress(RunningOperation& running);
  void CancelAll(MonotonicTime now);
  void LookAtSwitch(MonotonicTime now);
  MonotonicTime Next() const;
  MonotonicTime Now() const;
  // The view is another from now on.
  void Changed();
  // In the log, as a warning.
  static void TellUnless(const absl::Status& status);

  const CorrectionOptions options_;
  const CorrectionSeams seams_;
  const CorrectionLimits limits_;
  const std::shared_ptr<const CorrectionPolicies> policies_;
  const OffSwitch off_;
  GuestHands* hands_ = nullptr;
  Rails rails_;
  // Why nothing is corrected until noonmarkd is started again: what the rails
  // remembered could not be read, or the options' fault.
  std::string fault_;
  FleetView fleet_;
  uint64_t epoch_ = 0;
  MonotonicTime look_at_;  // the switch, next
  std::map<std::string, std::unique_ptr<RunningOperation>>
      running_;                                 // by guest
  std::map<std::string, OperationView> ended_;  // the last
  std::shared_ptr<const CorrectionView> view_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_CORRECTIONS_H_
