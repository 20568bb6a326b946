#ifndef NOONMARK_COMMON_CORRECT_HOST_ACT_H_
#define NOONMARK_COMMON_CORRECT_HOST_ACT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/journal_record.h"
#include "common/correct/order.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What dom0's side of a correction asks of noonmarkd, and what comes back: the
// seam between HostCorrection, which decides, and the daemon, which does.

// What is to be done to one guest, as the policy planned it.
struct HostPlan {
  OperationId operation;
  // Durable in dom0; above what the guest's status last told, if the guest was
  // somebody else's.
  uint64_t epoch = 0;
  std::array<uint8_t, 16> guest = {};  // libvirt's UUID
  std::string guest_name;
  CorrectionMethod method = CorrectionMethod::kStep;
  // Mail rests for it: every step back, and forward by more than
  // `forward_unquiesced`.
  bool quiesces = true;
  // False: mail is brought to rest and back, and the clock not moved ("noonmark
  // quiesce").
  bool corrects = true;
  absl::Duration lease = absl::Seconds(120);
  absl::Duration hold_max;
  // Guest minus host, as planned.
  Interval offset;
  // Afterwards the guest is to be proven within ± so much.
  absl::Duration target = absl::Milliseconds(500);
};

// A measurement of the guest that was asked for with kMeasure, or any later.
struct HostMeasurement {
  // Guest minus host, of samples that were all taken after `asked`.
  Interval offset;
  MonotonicTime asked;
  // As the guest read its clocks for the last of them.
  absl::Duration guest_boottime;
  absl::Duration guest_real_minus_boot;
  BootId guest_boot;
};

// --- events ---

struct SlotAnswer {
  bool taken = false;
  std::string why;  // not
};
struct RecordsAnswer {
  bool durable = false;
};
struct OrderAnswer {
  OperationStatus status;
};
// libvirt's word.
enum class DomainLife : uint8_t { kRuns, kPaused, kGone, kMigratedAway };

// --- acts ---

// Durable before anything that comes after it in the list. Answered by
// RecordsAnswer.
struct WriteHostRecords {
  std::vector<JournalRecord> records;
};
// By the operation's id; taking it twice takes it once, freeing what is free is
// nothing. TakeSlot is answered by SlotAnswer.
struct TakeSlot {};
struct FreeSlot {};
// Its answer, if one comes, by OrderAnswer; a lost one is sent again.
struct SendOrder {
  Order order;
};
// A burst now, answered by HostMeasurement.
struct Measure {};
// Calls Tick() at this moment or soon after. A later one replaces it.
struct TickAt {
  MonotonicTime moment;
};

using HostAct = std::variant<WriteHostRecords, TakeSlot, FreeSlot, SendOrder,
                             Measure, TickAt>;

// How far dom0 is. They follow each other in this order; kAborting may follow
// any up to kVerified.
enum class HostPhase : uint8_t {
  kPlanned = 1,
  kSlotTaken,
  kQuiesceSent,
  kQuiesced,  // proven by the guest; it is measured again
  kCorrectSent,
  kCorrected,  // the guest says so; it is measured again
  kVerified,   // what was measured lies within the target, or does not
  kResumeSent,
  kAborting,  // resume, whatever was reached
  kResumed,   // confirmed by the guest, or proven by time
  kClosed,    // the slot is free, the end is written down
};

// Why it was given up, or the guest held.
enum class HostReason : uint8_t {
  kNone,
  kCancelled,  // by an operator, or the off switch
  kNoSlot,
  kJournal,       // dom0's own
  kHostUnproven,  // or stepped
  kRefused,       // by the guest, see `refusal`
  kNoAnswer,
  kNotMeasured,    // too wide, or not at all
  kOffsetChanged,  // not what was planned: other sign, or beyond
  kRebooted,
  kGone,          // destroyed, or migrated away
  kRestarted,     // noonmarkd, in the middle of it
  kFateUnknown,   // nobody knows whether the clock was moved
  kDisputed,      // something moved the clock after us
  kOffTarget,     // it was moved, and is not right
  kUnverified,    // it was moved, and could not be measured
  kResumeFailed,  // a service did not come back
};

enum class HostResult : uint8_t {
  kOpen,
  kCorrected,     // and verified
  kNotCorrected,  // the clock was not moved, mail is as before
  kUnclear,       // held: a person has to look
};

// Kebab-case and stable.
std::string_view HostPhaseName(HostPhase phase);
std::string_view HostReasonName(HostReason reason);
std::string_view HostResultName(HostResult result);

// How it goes, for people, at any moment.
struct HostProgress {
  HostPhase phase = HostPhase::kPlanned;
  HostResult result = HostResult::kOpen;
  HostReason reason = HostReason::kNone;
  Refusal refusal = Refusal::kNone;  // the guest's
  // In words: "mail rests; measuring again".
  std::string words;
  // No correction any more until an operator releases the guest.
  bool held = false;
  Interval offset_before;
  bool measured_after = false;
  Interval offset_after;  // only if measured_after
  CorrectionFate fate = CorrectionFate::kNotMoved;
  absl::Duration moved;
  absl::Duration mail_at_rest_for;
  // As the guest told it last.
  OperationStatus guest;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_HOST_ACT_H_
