#ifndef NOONMARK_COMMON_CORRECT_GUEST_ACT_H_
#define NOONMARK_COMMON_CORRECT_GUEST_ACT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/journal_record.h"
#include "common/correct/order.h"
#include "common/estimate/interval.h"
#include "common/time/clock.h"

namespace noonmark {

// What the guest's side of a correction asks of the guest, and what comes back:
// the seam between GuestCorrection, which decides, and noonmark-corrector,
// which does. Moments are CLOCK_BOOTTIME.

// A unit that the guest lists, and what was seen of it at one moment.
struct SeenUnit {
  std::string unit;     // an exact name: "postfix@-.service"
  std::string profile;  // "postfix"
  ServiceRole role = ServiceRole::kOther;
  // From its profile.
  absl::Duration stop_limit;
  absl::Duration ready_limit;
  absl::Duration settle;
  bool kernel_tells = true;
  bool acts_before_start = false;
  bool acts_after_step = false;

  // False: it could not be asked; nothing below means anything.
  bool known = false;
  ServiceState state = ServiceState::kInactive;
  // A socket unit of its keeps its ports open.
  bool has_socket = false;
  // Its cgroup holds a process.
  bool has_processes = false;
  // Somebody but a socket unit listens at a port of its profile.
  bool listens = false;

  // The proof: it is known to be inactive or failed, without process or port.
  bool AtRest() const {
    return known && !has_processes && !listens &&
           (state == ServiceState::kInactive || state == ServiceState::kFailed);
  }
  // Started, or about to be.
  bool Runs() const {
    return known &&
           (state == ServiceState::kActive || state == ServiceState::kStarting);
  }
};

// --- acts; of each it is said which fields of ActResult its result has ---

// All records as one batch: on the disk, synchronised, and in the copy in /run.
// `ok`: they are on the disk. After a failure they may be there or not.
struct WriteRecords {
  std::vector<JournalRecord> records;  // without their sequence
};

// What is listed and what it does: every instance of every unit, and the units
// of these names, even if systemd has forgotten an instance by now. `ok`,
// `units`.
struct SurveyUnits {
  std::vector<std::string> also;
};

// Starts or stops noonmark-resume.timer. `ok`: it is active now, or is not.
struct ArmDeadMan {
  bool armed = true;
};

// Starts or ends the hold: while it lasts, a start job of any listed mail unit
// waits. (Not of a time daemon: it comes back before the hold ends.) `ok`.
// A hold is not begun after `not_after`, see "The lock".
struct BeginHold {
  absl::Duration not_after;
};
struct EndHold {};

// All of the operator's hooks, one after another. `ok`: all ended with success
// within their time. "quiesce" is not begun after `not_after`.
struct RunHooks {
  bool quiesce = true;    // false: resume
  absl::Duration amount;  // of the correction that is meant; < 0: back
  absl::Duration lease;
  absl::Duration not_after;
};

// Queues a stop job and awaits its end. `ok`: the job's result was "done".
// `limit`: counted by whoever does it; then `ok` is false.
struct StopUnit {
  std::string unit;
  absl::Duration limit;
  absl::Duration not_after;
};

// The same of a start job. Starting what is active is done at once.
struct StartUnit {
  std::string unit;
  absl::Duration limit;
};

// Whether the unit serves by its profile's [ready], asked once. `ok`.
struct AskReady {
  std::string unit;
};

enum class ActionPhase : uint8_t { kBeforeStart, kStep };

// noonmark-action@PROFILE-PHASE.service, awaited. `ok`.
struct RunAction {
  std::string profile;
  ActionPhase phase = ActionPhase::kBeforeStart;
};

// All clocks, the kernel's discipline, and what of a slew by
// ADJ_OFFSET_SINGLESHOT is yet to come (ADJ_OFFSET_SS_READ). `ok`, `before`,
// `discipline`, `slew_left`.
struct ReadClock {};

// Moves the clock: the one act that cannot be taken back. Without an interval
// in which anything else is done: takes the lock, surveys the units, reads the
// clocks, asks MayMove(), moves if it says kNone, reads again, gives the lock
// back. `refusal` (MayMove's, or kClock if the kernel's), `before`, `after`.
// `ok`: it was moved (a slew: begun).
struct MoveClock {
  CorrectionMethod method = CorrectionMethod::kStep;
  absl::Duration amount;  // > 0: forward
  // Whether all listed units must be at rest, or the time daemons alone.
  bool all_at_rest = true;
  // As of SurveyUnits; each must be seen at rest.
  std::vector<std::string> also;
  // See "The lock".
  absl::Duration not_after;
  // Between these REALTIME - BOOTTIME must be: as the amount was agreed to.
  Interval real_minus_boot;
  // The same of REALTIME - RAW, as the order was accepted.
  Interval real_minus_raw;
};

// Calls Wake() at this moment, or soon after. A later one replaces it.
struct WakeAt {
  absl::Duration boottime;
};

// The answer to the order with this token.
struct AnswerOrder {
  uint64_t token = 0;
  OperationStatus status;
};

// The lock. noonmark-resume brings services back when a lease has ended, and it
// may do so while the corrector hangs between a decision and its act. So there
// is one lock (flock, which the kernel frees when its holder dies) between the
// two: BeginHold, StopUnit, RunHooks{quiesce} and MoveClock are done while it
// is held, and only if BOOTTIME, read after it was taken, is at most
// `not_after`; of a unit's stop it is held until its job is queued. noonmark-
// resume takes it when the lease has ended, before it starts anything, and
// kills the corrector if it cannot have it. `not_after` is before the lease's
// end. So whatever it starts stays up, and no clock moves under it.
using GuestAct =
    std::variant<WriteRecords, SurveyUnits, ArmDeadMan, BeginHold, EndHold,
                 RunHooks, StopUnit, StartUnit, AskReady, RunAction, ReadClock,
                 MoveClock, WakeAt, AnswerOrder>;

// An act and the number by which its result is told. WakeAt and AnswerOrder
// have no result.
struct NumberedAct {
  uint64_t number = 0;
  GuestAct act;
};

struct ActResult {
  bool ok = false;
  // Of what systemd does: it could not be asked, so nothing was tried. Or it
  // was, and the answer was lost.
  bool unheard = false;
  Refusal refusal = Refusal::kNone;
  std::string detail;  // for a person; of a failure
  std::vector<SeenUnit> units;
  ClockReading before;
  ClockReading after;
  KernelDiscipline discipline;
  absl::Duration slew_left;
};

// REALTIME - BOOTTIME at one moment of the reading. It changes when, and only
// when, REALTIME is set, and by no slew.
Interval RealMinusBoot(const ClockReading& reading);
// REALTIME - RAW, the same. It changes by every slew as well.
Interval RealMinusRaw(const ClockReading& reading);

// Whether the clock may be moved now: the last look, right before the act.
// `units` and `now` were read after the lock was taken, the units first.
//
// kNotAtRest   a unit that must be at rest is not, or cannot be asked
// kExpired     `not_after` is over
// kClockMoved  REALTIME was set since the amount was agreed to, or has run off
// kRange       REALTIME would leave what is allowed
Refusal MayMove(const MoveClock& move, const std::vector<SeenUnit>& units,
                const ClockReading& reading);

// Whether REALTIME, moved so, stays within what the kernel takes (not below
// MONOTONIC) and between 2000 and 2200.
bool StaysInRange(const ClockReading& reading, absl::Duration amount);

// What became of a step that was meant between two readings of one boot, told
// by how REALTIME - BOOTTIME changed.
CorrectionFate FateOf(absl::Duration amount, const Interval& before,
                      const Interval& after, absl::Duration tolerance);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_GUEST_ACT_H_
