#ifndef NOONMARK_COMMON_CORRECT_GUEST_CORRECTION_H_
#define NOONMARK_COMMON_CORRECT_GUEST_CORRECTION_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/guest_act.h"
#include "common/correct/journal_record.h"
#include "common/correct/limits.h"
#include "common/correct/open_operation.h"
#include "common/correct/order.h"
#include "common/correct/order_check.h"
#include "common/correct/unit_return.h"

namespace noonmark {

// The guest's own say in it.
struct GuestCorrectionConfig {
  CorrectionLimits limits;
  // False: every order that would change anything is refused.
  bool may_correct = true;
  // Whether there are operator's hooks to run.
  bool has_hooks = false;
  // False: a time daemon that runs is left running, and what would need it
  // stopped is refused.
  bool may_stop_time_daemon = true;
};

// The guest's side of a correction, as pure steps: what happens goes in, what
// to do comes out. It holds no clock, file or bus, and lives in
// noonmark-corrector; see README.md for its states.
//
// The caller does the acts one after another in the order of the list, hands
// each result to Done(), and may have several under way. It calls nothing from
// within a call. `boottime` is CLOCK_BOOTTIME as the call is made; it never
// goes back.
class GuestCorrection {
 public:
  using Acts = std::vector<NumberedAct>;

  GuestCorrection(const GuestCorrectionConfig& config, BootId boot);

  // The first call: what this journal and that of noonmark-resume have.
  // Whatever an earlier corrector left open is brought to its end: services
  // back, the clock never moved again.
  Acts Recover(const std::vector<JournalRecord>& journal,
               const std::vector<JournalRecord>& brought_back,
               absl::Duration boottime);

  // An order; it is answered in the acts that come back, by its token.
  Acts Take(const Order& order, uint64_t token, absl::Duration boottime);

  // The result of an act. One that nobody waits for any more is ignored.
  Acts Done(uint64_t act, const ActResult& result, absl::Duration boottime);

  // The moment of the last WakeAt is over. Too early is no fault.
  Acts Wake(absl::Duration boottime);

  // As it would be answered.
  OperationStatus Status(absl::Duration boottime) const;

  // Nothing is under way and nothing owed: the corrector may be stopped.
  bool Idle() const;

 private:
  // Where an operation is. Each is entered by its acts, and left when their
  // results are there, or at a moment.
  enum class Stage : uint8_t {
    kIdle,
    // Down.
    kSurvey,  // what runs; the clock
    kIntent,  // durable
    kArm,     // the dead-man's timer
    kHold,
    kHooks,
    kStopping,
    kProving,
    kResting,  // until an order, or the lease's end
    // The move.
    kLook,
    kMoveIntent,  // durable
    kMoving,
    kSlewing,
    kMovedRecord,
    // Back.
    kRecovering,  // what is there after a death
    kPrepare,     // actions before the start
    kDaemons,
    kSettling,
    kAwaiting,  // dom0's word
    kHolding,
    kEndHold,
    kStarting,
    kLastLook,  // who else moved the clock
    kAfterStep,
    kResumeHooks,
    kEnding,  // durable; again until it is
    kDisarm,
  };

  struct Operation {
    OperationId id;
    uint64_t epoch = 0;
    // All that is listed rests, or time daemons alone.
    bool all_rest = true;
    absl::Duration lease_end;  // zero: it has none
    absl::Duration resume_by;  // back by itself from here on
    absl::Duration urgent_by;  // everything at once from here on
    absl::Duration announced;
    std::optional<CorrectOrder> correct;
    absl::Duration move_by;  // its acceptance and CorrectionLimits::move_limit
    // What it stopped, or was about to.
    std::vector<SeenUnit> ours;
    bool recovered = false;
    bool hooks_ran = false;
    bool resume_ordered = false;
    bool lease_ended = false;
    bool turned_back = false;  // no move any more

    CorrectionFate fate = CorrectionFate::kNotMoved;
    OperationOutcome outcome = OperationOutcome::kOpen;
    Refusal given_up = Refusal::kNone;
    std::string detail;
    absl::Duration moved;
    absl::Duration moved_by_others;
    std::optional<absl::Duration> rest_since;
    absl::Duration at_rest_for;
    bool ended = false;
  };

  // An act whose result is awaited.
  enum class Awaited : uint8_t {
    kPlain,
    kSurvey,
    kClock,
    kMove,
    kStop,
    // These go on from stage to stage of the way back.
    kEndHold,
    kStart,
    kAsk,
  };
  struct Pending {
    Awaited what = Awaited::kPlain;
    std::string unit;  // of kStop, kStart, kAsk
  };

  struct WaitingOrder {
    Order order;
    uint64_t token = 0;
  };

  // guest_correction_orders.cc
  void Admit(const Order& order, uint64_t token, absl::Duration boottime);
  // It begins another operation, and of the last, whose end is written and
  // told, the timer has still to be stopped.
  bool WaitsForTheLast(const Order& order) const;
  void AdmitPutOff(absl::Duration boottime);
  void Handle(const Order& order, uint64_t token, absl::Duration boottime);
  Refusal Obey(const QuiesceOrder& order, absl::Duration boottime);
  Refusal Obey(const CorrectOrder& order, absl::Duration boottime);
  Refusal Obey(const ResumeOrder& order, absl::Duration boottime);
  // Whether another operation may begin now, beyond its epoch and its limits.
  Refusal CheckBegin(const OperationId& id) const;
  void BeginOperation(const OrderHeader& header);
  bool Remembers(const OperationId& id) const;
  void RaiseEpoch(uint64_t epoch, absl::Duration boottime);
  void HandleWaiting(bool durable, absl::Duration boottime);
  OrderScales Scales(absl::Duration boottime) const;
  OperationPhase Phase() const;
  void Answer(uint64_t token, Refusal refusal, absl::Duration boottime);

  // guest_correction.cc
  // Of this stage; it is not left before the result is there.
  void Await(GuestAct act, Awaited what = Awaited::kPlain,
             const std::string& unit = "");
  uint64_t Do(GuestAct act);
  void Write(std::vector<RecordBody> bodies, absl::Duration boottime);
  void Take(const Pending& pending, const ActResult& result,
            absl::Duration boottime);
  Acts Finish(absl::Duration boottime);
  void Run(absl::Duration boottime);
  absl::Duration NextMoment() const;
  // All acts of this stage have their results; starts run through several.
  bool StageDone() const;
  void Enter(Stage stage, absl::Duration boottime);
  bool Advance(absl::Duration boottime);
  void WatchLease(absl::Duration boottime);
  bool Urgent(absl::Duration boottime) const;
  // To the way back: without the move, if it was not yet.
  void TurnBack(Refusal why, const std::string& detail,
                absl::Duration boottime);

  // guest_correction_down.cc
  void EnterDown(absl::Duration boottime);
  bool AdvanceDown(absl::Duration boottime);
  void AfterSurvey(absl::Duration boottime);
  void NameOurs();
  void NoteBegin(absl::Duration boottime);
  void StopNextGroup(absl::Duration boottime);
  void AfterProof(absl::Duration boottime);
  bool InScope(const SeenUnit& unit) const;
  std::vector<std::string> OurNames() const;
  void SetLease(absl::Duration lease, absl::Duration boottime);
  // Over without a trace: nothing was written.
  void Drop(Refusal why, const std::string& detail);

  // guest_correction_move.cc
  void EnterMove(absl::Duration boottime);
  bool AdvanceMove(absl::Duration boottime);
  void AfterLook(absl::Duration boottime);
  void AfterMove(absl::Duration boottime);
  void AfterSlewLook(absl::Duration boottime);
  Interval AgreedRealMinusBoot() const;
  Interval AgreedRealMinusRaw() const;

  // guest_correction_back.cc
  void EnterBack(absl::Duration boottime);
  bool AdvanceBack(absl::Duration boottime);
  bool LeaveWaiting(absl::Duration boottime);
  void StartDue(absl::Duration boottime);
  void EndHoldIfDue(absl::Duration boottime);
  bool IsEndingHold() const;
  void HoldEnded(const ActResult& result, absl::Duration boottime);
  // It has ended, or is left to its own limit.
  bool IsHoldOver() const;
  // Compares with what the clock was left at.
  void TrackClock();
  bool IsDisputed() const;
  bool Settled(absl::Duration boottime) const;
  absl::Duration HoldEnd() const;
  bool IsDaemonOurs() const;
  OperationOutcome OutcomeNow() const;
  RecordBody Ended() const;

  // guest_correction_recovery.cc
  void Remember(const std::vector<JournalRecord>& journal);
  void AfterRecovery(absl::Duration boottime);

  const GuestCorrectionConfig config_;
  const BootId boot_;

  Stage stage_ = Stage::kIdle;
  Operation op_;
  bool has_op_ = false;
  std::map<uint64_t, Pending> pending_;
  uint64_t next_act_ = 1;
  Acts out_;
  absl::Duration awake_at_ = absl::InfiniteDuration();

  // Results of this stage's acts.
  bool all_ok_ = true;
  std::string failed_;  // what did not work, for a person
  std::optional<ActResult> survey_;
  std::optional<ActResult> clock_;
  std::optional<ActResult> move_;

  // Of this stage.
  absl::Duration wait_until_ = absl::InfiniteDuration();
  absl::Duration stage_end_ = absl::InfiniteDuration();
  int stop_rank_ = 0;
  int start_rank_ = 0;
  bool hurried_ = false;  // the lease is almost over: all at once
  int looks_ = 0;
  absl::Duration daemons_up_at_;
  bool agreed_ = false;  // a time daemon says that the clock is right
  // Of a recovered operation that died between the act and the record.
  std::optional<MoveIntentRecord> unrecorded_move_;

  // REALTIME - BOOTTIME: before the move, and as it was left.
  std::optional<Interval> before_move_;
  std::optional<Interval> left_at_;
  // REALTIME - RAW, of the first reading after the order to correct.
  std::optional<Interval> accepted_rate_;
  absl::Duration shown_;  // REALTIME at the move's intent
  MoveIntentRecord move_intent_;
  UnitReturn return_;
  // Of the way back: what is owed to the hold.
  bool hold_ended_ = false;
  bool hold_left_ = false;
  int hold_tries_ = 0;
  absl::Duration hold_due_ = -absl::InfiniteDuration();

  std::vector<SeenUnit> listed_;
  absl::Duration listed_at_ = -absl::InfiniteDuration();
  uint64_t survey_act_ = 0;  // for the status alone

  uint64_t epoch_ = 0;
  uint64_t epoch_wanted_ = 0;
  uint64_t epoch_act_ = 0;
  int epochs_in_operation_ = 0;
  std::deque<WaitingOrder> waiting_;  // for the epoch to be durable
  std::deque<WaitingOrder> put_off_;  // see WaitsForTheLast()
  std::vector<absl::Duration> begun_;
  std::deque<OperationId> past_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_GUEST_CORRECTION_H_
