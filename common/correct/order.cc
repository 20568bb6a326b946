#include "common/correct/order.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace noonmark {
namespace {

// Where RFC 4122 puts its dashes.
bool DashAt(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

std::string_view PhaseName(OperationPhase phase) {
  switch (phase) {
    case OperationPhase::kNone:
      return "none";
    case OperationPhase::kQuiescing:
      return "quiescing";
    case OperationPhase::kAtRest:
      return "at-rest";
    case OperationPhase::kCorrecting:
      return "correcting";
    case OperationPhase::kSettling:
      return "settling";
    case OperationPhase::kCorrected:
      return "corrected";
    case OperationPhase::kHolding:
      return "holding";
    case OperationPhase::kResuming:
      return "resuming";
    case OperationPhase::kEnded:
      return "ended";
  }
  return "";
}

std::string_view FateName(CorrectionFate fate) {
  switch (fate) {
    case CorrectionFate::kNotMoved:
      return "not-moved";
    case CorrectionFate::kMoved:
      return "moved";
    case CorrectionFate::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view OutcomeName(OperationOutcome outcome) {
  switch (outcome) {
    case OperationOutcome::kOpen:
      return "open";
    case OperationOutcome::kDone:
      return "done";
    case OperationOutcome::kGivenUp:
      return "given-up";
    case OperationOutcome::kLeaseEnded:
      return "lease-ended";
    case OperationOutcome::kDisputed:
      return "disputed";
    case OperationOutcome::kResumeFailed:
      return "resume-failed";
  }
  return "";
}

std::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "none";
    case Refusal::kEpoch:
      return "epoch";
    case Refusal::kOtherOperation:
      return "other-operation";
    case Refusal::kNotAtRest:
      return "not-at-rest";
    case Refusal::kExpired:
      return "expired";
    case Refusal::kAmount:
      return "amount";
    case Refusal::kLease:
      return "lease";
    case Refusal::kRate:
      return "rate";
    case Refusal::kClockMoved:
      return "clock-moved";
    case Refusal::kWouldNotStop:
      return "would-not-stop";
    case Refusal::kHook:
      return "hook";
    case Refusal::kJournal:
      return "journal";
    case Refusal::kTimeDaemon:
      return "time-daemon";
    case Refusal::kUnconfigured:
      return "unconfigured";
    case Refusal::kClock:
      return "clock";
    case Refusal::kRange:
      return "range";
  }
  return "";
}

std::string_view RefusalMeaning(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "It was not refused.";
    case Refusal::kEpoch:
      return "Another dom0 has taken the guest over; only that one may order "
             "it.";
    case Refusal::kOtherOperation:
      return "Another operation on this guest is not over; wait for its end, "
             "or resume it.";
    case Refusal::kNotAtRest:
      return "So large a correction needs mail at rest, and it is not; quiesce "
             "first.";
    case Refusal::kExpired:
      return "The order came too late, or the guest took too long to carry it "
             "out: the clock must be measured again.";
    case Refusal::kAmount:
      return "The correction is larger than this guest allows, or not the one "
             "that was announced; measure again and plan anew.";
    case Refusal::kLease:
      return "The time for which mail may rest is zero, or longer than this "
             "guest allows.";
    case Refusal::kRate:
      return "The clock was corrected too often lately: find out what moves "
             "it before it is corrected again.";
    case Refusal::kClockMoved:
      return "Somebody else moved the clock meanwhile, or its rate: find out "
             "who, then measure again.";
    case Refusal::kWouldNotStop:
      return "A service did not stop in its time; nothing was corrected. See "
             "that unit's own log.";
    case Refusal::kHook:
      return "A hook of the operator's failed or took too long; nothing was "
             "corrected. See its log.";
    case Refusal::kJournal:
      return "The guest cannot write down durably what it is about to do; "
             "look at its disk.";
    case Refusal::kTimeDaemon:
      return "The guest's own time daemon may not be stopped, or wants another "
             "time than the host; mend its sources first.";
    case Refusal::kUnconfigured:
      return "The guest lists no services, or may not be corrected; configure "
             "its agent.";
    case Refusal::kClock:
      return "The guest's kernel refused to move the clock.";
    case Refusal::kRange:
      return "The clock would leave what the guest's kernel allows.";
  }
  return "";
}

std::string OperationIdText(const OperationId& id) {
  std::string text;
  for (const uint8_t byte : id.bytes) {
    if (DashAt(text.size())) text += '-';
    const char raw = static_cast<char>(byte);
    text += absl::BytesToHexString(absl::string_view(&raw, 1));
  }
  return text;
}

std::optional<OperationId> ParseOperationId(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (DashAt(i)) {
      if (c != '-') return std::nullopt;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
               (c >= 'a' && c <= 'f')) {
      digits += c;
    } else {
      return std::nullopt;
    }
  }
  const std::string bytes = absl::HexStringToBytes(digits);
  OperationId id;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<uint8_t>(bytes[i]);
  }
  return id;
}

std::optional<BootId> ParseBootId(std::string_view text) {
  const std::optional<OperationId> id = ParseOperationId(text);
  if (!id.has_value()) return std::nullopt;
  return BootId{id->bytes};
}

}  // namespace noonmark
