#ifndef NOONMARK_COMMON_CORRECT_ORDER_H_
#define NOONMARK_COMMON_CORRECT_ORDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {

// What dom0 orders a guest to do about its clock and its mail, and what the
// guest tells of it. Every order is answered at once with the state of things;
// whoever wants to know how it goes on asks for the status again.
//
// Moments are the guest's CLOCK_BOOTTIME, as in ClockReading: it runs through
// suspend, and no correction moves it.

// Names one correction, from the first order to the last, on both sides and in
// both journals. All zero: none.
struct OperationId {
  std::array<uint8_t, 16> bytes = {};

  bool IsNone() const { return bytes == OperationId().bytes; }
  friend bool operator==(const OperationId& a, const OperationId& b) {
    return a.bytes == b.bytes;
  }
};

// Names one boot of a guest: /proc/sys/kernel/random/boot_id. BOOTTIME means
// nothing in another. All zero: none.
struct BootId {
  std::array<uint8_t, 16> bytes = {};

  bool IsNone() const { return bytes == BootId().bytes; }
  friend bool operator==(const BootId& a, const BootId& b) {
    return a.bytes == b.bytes;
  }
  friend bool operator!=(const BootId& a, const BootId& b) { return !(a == b); }
};

// Who gives an order, and for which operation.
//
// The epoch fences a former owner: a guest remembers the highest that it has
// seen, durably, and refuses all below it.
struct OrderHeader {
  OperationId operation;
  uint64_t epoch = 0;
  // The boot that the order's moments are of; in another it is too old. A
  // ResumeOrder has no moment and is obeyed in any.
  BootId boot;
};

// Bring the listed services to rest, and prove it. Repeated: nothing happens
// anew.
struct QuiesceOrder {
  OrderHeader header;
  // How long they may rest, from the moment at which the order is accepted.
  absl::Duration lease;
  // The correction that is meant to follow; < 0: back. A later one of the
  // other sign, or further by more than the tolerance, is refused. Zero: none
  // is meant to follow, and none may.
  absl::Duration amount;
  // Not accepted after this moment. An order that the network held back stops
  // no mail that nobody waits for any more, and whoever gave it knows when it
  // cannot be accepted any more.
  absl::Duration valid_until;
};

enum class CorrectionMethod : uint8_t {
  kStep,  // at once, by ADJ_SETOFFSET
  kSlew,  // at 500 ppm, by ADJ_OFFSET_SINGLESHOT; ends by itself if all die
};

// Move REALTIME by `amount`, once. A step back, or forward by more than 100 s,
// needs the services at rest under the same operation. Repeated: it is not
// moved again.
struct CorrectOrder {
  OrderHeader header;
  CorrectionMethod method = CorrectionMethod::kStep;
  absl::Duration amount;  // > 0: forward
  // Not accepted after this moment: what it was computed from is too old. What
  // was accepted is done soon, or not at all: see CorrectionLimits.
  absl::Duration valid_until;
  // The guest's REALTIME - BOOTTIME as it was measured for this. If it is
  // another by now, somebody set the clock meanwhile, and the amount is wrong.
  absl::Duration real_minus_boot;
  // After a step back of mail at rest: if the way to the highest time that was
  // shown is at most so long, and fits into the lease, mail rests until it is
  // over. Else it does not wait at all.
  absl::Duration hold_max;
};

// Start what was stopped. Also the way to give an operation up.
struct ResumeOrder {
  OrderHeader header;
};

// Only tell.
struct StatusOrder {};

using Order =
    std::variant<QuiesceOrder, CorrectOrder, ResumeOrder, StatusOrder>;

// How far an operation is in the guest. They follow each other in this order;
// each may be the last before kResuming.
enum class OperationPhase : uint8_t {
  kNone,        // no operation is known
  kQuiescing,   // services are being brought to rest
  kAtRest,      // proven: their units inactive, no process, no port
  kCorrecting,  // the clock is being moved, and read again
  kSettling,    // the time daemon starts; it may still use a right to step
  kCorrected,   // the clock was moved and nothing has moved it since
  kHolding,     // mail rests until the highest time that was shown is over
  kResuming,    // services are being started
  kEnded,
};

// Whether the clock was moved by this operation.
enum class CorrectionFate : uint8_t {
  kNotMoved,
  kMoved,
  // It cannot be told: somebody died between the act and the record. It is
  // never tried again.
  kUnknown,
};

// How an operation ended.
enum class OperationOutcome : uint8_t {
  kOpen,          // it has not
  kDone,          // the clock was moved, and all services are back
  kGivenUp,       // not carried through (`fate`); all services are back
  kLeaseEnded,    // the guest brought the services back by itself
  kDisputed,      // something moved the clock after us; services are back
  kResumeFailed,  // a service did not come back: a person is needed
};

// Why an order was refused or an operation given up. Stable names, see
// RefusalName().
enum class Refusal : uint8_t {
  kNone,
  kEpoch,           // somebody else owns the guest by now
  kOtherOperation,  // another operation is not over
  kNotAtRest,       // the order needs services at rest, and they are not
  kExpired,         // `valid_until` is over, or the guest itself took too long
  kAmount,          // beyond what this guest allows, or not what was announced
  kLease,           // the lease is zero, or above the cap
  kRate,            // too many corrections lately
  kClockMoved,      // somebody else moved the clock meanwhile, or its rate
  kWouldNotStop,    // a service
  kHook,            // an operator's hook failed or took too long
  kJournal,         // the intent cannot be made durable
  kTimeDaemon,      // one runs that may not be stopped, or does not agree
  kUnconfigured,    // the guest lists no services, or may not be corrected
  kClock,           // the kernel refused
  kRange,           // REALTIME would leave what the kernel allows
};

// What one of the guest's listed services is doing.
enum class ServiceRole : uint8_t {
  kMailTransfer,
  kMailStore,
  kTimeDaemon,
  kOther
};
enum class ServiceState : uint8_t {
  kInactive,
  kActive,
  kStopping,
  kStarting,
  kFailed,
};
struct ServiceStatus {
  std::string unit;     // "dovecot.service"
  std::string profile;  // "dovecot"
  ServiceRole role = ServiceRole::kOther;
  ServiceState state = ServiceState::kInactive;
  // A socket unit keeps its ports open while it rests: clients wait.
  bool has_socket = false;
  // This operation stopped it, and will start it.
  bool stopped_by_us = false;
};

// The answer to every order.
struct OperationStatus {
  // Why the order that this answers was refused.
  Refusal refusal = Refusal::kNone;
  // In words, for a person; at most 200 characters.
  std::string detail;

  OperationId operation;
  // The highest that the guest has accepted.
  uint64_t epoch = 0;
  OperationPhase phase = OperationPhase::kNone;
  CorrectionFate fate = CorrectionFate::kNotMoved;
  OperationOutcome outcome = OperationOutcome::kOpen;
  // Why it was given up, where it was.
  Refusal given_up = Refusal::kNone;

  BootId boot;               // that the moments below are of
  absl::Duration boottime;   // as this was answered
  absl::Duration lease_end;  // zero: nothing rests
  // How much REALTIME was moved, read back; > 0: forward.
  absl::Duration moved;
  // How far REALTIME went meanwhile beyond that, by somebody else's doing.
  absl::Duration moved_by_others;
  // From the first stop to the last service that was ready again.
  absl::Duration at_rest_for;

  std::vector<ServiceStatus> services;
};

// Limits of what travels.
inline constexpr size_t kMostServices = 16;
inline constexpr size_t kMostDetailCharacters = 200;
inline constexpr size_t kMostUnitCharacters = 64;
inline constexpr size_t kMostProfileCharacters = 32;

// Kebab-case and stable: "at-rest", "moved", "lease-ended", "would-not-stop".
std::string_view PhaseName(OperationPhase phase);
std::string_view FateName(CorrectionFate fate);
std::string_view OutcomeName(OperationOutcome outcome);
std::string_view RefusalName(Refusal refusal);
// What it means and what to do, in a sentence, for a person.
std::string_view RefusalMeaning(Refusal refusal);

// RFC 4122 text, lower case; and back. Absent: it is no such text.
std::string OperationIdText(const OperationId& id);
std::optional<OperationId> ParseOperationId(std::string_view text);
std::optional<BootId> ParseBootId(std::string_view text);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_ORDER_H_
