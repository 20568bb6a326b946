#ifndef NOONMARK_COMMON_CORRECT_HOST_CORRECTION_H_
#define NOONMARK_COMMON_CORRECT_HOST_CORRECTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/host_act.h"
#include "common/correct/journal_record.h"
#include "common/correct/limits.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// dom0's side of one correction of one guest, as pure steps: what happens goes
// in, what to do comes out. noonmarkd has one for each operation that is not
// over; see README.md for its states.
//
// The caller does the acts one after another in the order of the list; it calls
// nothing from within a call. `now` never goes back.
class HostCorrection {
 public:
  using Acts = std::vector<HostAct>;

  HostCorrection(const HostPlan& plan, const CorrectionLimits& limits,
                 BootId host_boot);

  // What the journal has of an operation that is not closed: it is aborted, or
  // its end awaited. Never a blind order to correct.
  static HostCorrection FromJournal(const std::vector<JournalRecord>& records,
                                    OperationId operation,
                                    const CorrectionLimits& limits,
                                    BootId host_boot);

  // The first call.
  Acts Begin(MonotonicTime now);

  Acts Take(const RecordsAnswer& answer, MonotonicTime now);
  Acts Take(const SlotAnswer& answer, MonotonicTime now);
  Acts Take(const OrderAnswer& answer, MonotonicTime now);
  Acts Take(const HostMeasurement& measured, MonotonicTime now);
  Acts Take(DomainLife life, MonotonicTime now);
  // Whether the host's own clock may be taken as right (I3), at every change,
  // and before Begin(). `stepped`: it was set since it was last told.
  Acts TakeHost(bool proven, bool stepped, MonotonicTime now);
  // An operator gives it up, or the off switch.
  Acts Cancel(MonotonicTime now);
  Acts Tick(MonotonicTime now);

  const HostPlan& Plan() const { return plan_; }
  const HostProgress& Progress() const { return progress_; }
  // The slot is free, all is told: nothing more comes of it.
  bool Over() const { return progress_.phase == HostPhase::kClosed; }

 private:
  enum class Awaits : uint8_t {
    kNothing,
    kPlanWritten,
    kSlot,
    kMeasurement,
    kOrderWritten,
    kGuest,
    kClosedWritten,
  };

  void Go(HostPhase phase);
  void AskMeasurement(absl::Duration limit, MonotonicTime now);
  void AfterMeasurement(const HostMeasurement& measured, MonotonicTime now);
  void AfterMissedMeasurement(MonotonicTime now);
  // What of a measurement forbids an order; kNone: nothing.
  HostReason Objection(const HostMeasurement& measured) const;
  void PrepareOrder(const HostMeasurement& measured, MonotonicTime now);
  void SendPrepared(MonotonicTime now);
  void Poll(MonotonicTime now);
  bool IsNews(const OperationStatus& status, MonotonicTime now);
  // It may be of a boot that came after the order's.
  bool MayBeLaterBoot(const OperationStatus& status, MonotonicTime now) const;
  void Heed(const OperationStatus& status, MonotonicTime now);
  void HeedQuiesce(const OperationStatus& status, MonotonicTime now);
  void HeedCorrect(const OperationStatus& status, MonotonicTime now);
  // Whether nothing of this operation can rest or happen any more.
  bool IsProvenOver(const OperationStatus& status) const;
  void Resume(MonotonicTime now);
  void Abort(HostReason why, MonotonicTime now);
  void Release(MonotonicTime now);
  void Close(MonotonicTime now);
  void Judge();
  void Write(std::vector<RecordBody> bodies, MonotonicTime now);
  Acts Finish(MonotonicTime now);
  absl::Duration ReleaseAfter() const;

  HostPlan plan_;
  CorrectionLimits limits_;
  BootId host_boot_;
  HostProgress progress_;
  Acts out_;

  Awaits awaits_ = Awaits::kNothing;
  bool host_proven_ = false;
  MonotonicTime host_stepped_;
  bool correct_sent_ = false;
  bool quiesce_sent_ = false;
  bool recovered_ = false;
  bool retried_ = false;
  bool deposed_ = false;  // somebody else owns the guest: only ask
  bool silent_ = false;   // it is out of reach
  bool paused_ = false;
  MonotonicTime paused_since_;

  // The order under way, and until when it may be accepted: by the guest's
  // BOOTTIME in that boot, and here at the latest.
  std::optional<Order> order_;
  absl::Duration announced_;
  absl::Duration order_end_;
  BootId order_boot_;
  // The guest was in that boot after this moment; absent: of an earlier life.
  std::optional<MonotonicTime> order_boot_seen_;
  MonotonicTime order_until_;
  MonotonicTime release_at_;

  MonotonicTime asked_at_;  // a measurement
  MonotonicTime measure_until_;
  MonotonicTime next_ask_;
  MonotonicTime next_poll_;
  MonotonicTime ticks_at_;

  // The newest that the guest told.
  std::optional<OperationStatus> told_;
  MonotonicTime told_at_;
  std::vector<BootId> past_boots_;
};

// The operations that a journal has open, in the order of their plans.
std::vector<OperationId> OpenOperations(
    const std::vector<JournalRecord>& records);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_HOST_CORRECTION_H_
