#include "common/correct/host_act.h"

namespace noonmark {

std::string_view HostPhaseName(HostPhase phase) {
  switch (phase) {
    case HostPhase::kPlanned:
      return "planned";
    case HostPhase::kSlotTaken:
      return "slot-taken";
    case HostPhase::kQuiesceSent:
      return "quiesce-sent";
    case HostPhase::kQuiesced:
      return "quiesced";
    case HostPhase::kCorrectSent:
      return "correct-sent";
    case HostPhase::kCorrected:
      return "corrected";
    case HostPhase::kVerified:
      return "verified";
    case HostPhase::kResumeSent:
      return "resume-sent";
    case HostPhase::kAborting:
      return "aborting";
    case HostPhase::kResumed:
      return "resumed";
    case HostPhase::kClosed:
      return "closed";
  }
  return "";
}

std::string_view HostReasonName(HostReason reason) {
  switch (reason) {
    case HostReason::kNone:
      return "none";
    case HostReason::kCancelled:
      return "cancelled";
    case HostReason::kNoSlot:
      return "no-slot";
    case HostReason::kJournal:
      return "journal";
    case HostReason::kHostUnproven:
      return "host-unproven";
    case HostReason::kRefused:
      return "refused";
    case HostReason::kNoAnswer:
      return "no-answer";
    case HostReason::kNotMeasured:
      return "not-measured";
    case HostReason::kOffsetChanged:
      return "offset-changed";
    case HostReason::kRebooted:
      return "rebooted";
    case HostReason::kGone:
      return "gone";
    case HostReason::kRestarted:
      return "restarted";
    case HostReason::kFateUnknown:
      return "fate-unknown";
    case HostReason::kDisputed:
      return "disputed";
    case HostReason::kOffTarget:
      return "off-target";
    case HostReason::kUnverified:
      return "unverified";
    case HostReason::kResumeFailed:
      return "resume-failed";
  }
  return "";
}

std::string_view HostResultName(HostResult result) {
  switch (result) {
    case HostResult::kOpen:
      return "open";
    case HostResult::kCorrected:
      return "corrected";
    case HostResult::kNotCorrected:
      return "not-corrected";
    case HostResult::kUnclear:
      return "unclear";
  }
  return "";
}

}  // namespace noonmark
