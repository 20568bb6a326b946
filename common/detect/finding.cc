#include "common/detect/finding.h"

namespace noonmark {
namespace {

constexpr FindingCode kAll[] = {
    FindingCode::kClockSet,         FindingCode::kCounterJump,
    FindingCode::kReadGlitch,       FindingCode::kStoodStill,
    FindingCode::kCaughtUp,         FindingCode::kRateFault,
    FindingCode::kSlewing,          FindingCode::kTwoMasters,
    FindingCode::kVcpuDisagreement, FindingCode::kLeftBehindByHostStep,
    FindingCode::kLeapSecond,       FindingCode::kRtcLocalTime,
    FindingCode::kClockUnset,       FindingCode::kRebooted,
    FindingCode::kMigrated,         FindingCode::kNoAgent,
    FindingCode::kAgentUnreachable, FindingCode::kAgentUntrusted,
    FindingCode::kHostStepped,      FindingCode::kHostCounterJump,
    FindingCode::kHostRate,         FindingCode::kHostUnproven,
    FindingCode::kUnjudgedGuests,
};

}  // namespace

std::string_view CodeName(FindingCode code) {
  switch (code) {
    case FindingCode::kClockSet:
      return "clock-set";
    case FindingCode::kCounterJump:
      return "counter-jump";
    case FindingCode::kReadGlitch:
      return "read-glitch";
    case FindingCode::kStoodStill:
      return "stood-still";
    case FindingCode::kCaughtUp:
      return "caught-up";
    case FindingCode::kRateFault:
      return "rate-fault";
    case FindingCode::kSlewing:
      return "slewing";
    case FindingCode::kTwoMasters:
      return "two-masters";
    case FindingCode::kVcpuDisagreement:
      return "vcpu-disagreement";
    case FindingCode::kLeftBehindByHostStep:
      return "left-behind-by-host-step";
    case FindingCode::kLeapSecond:
      return "leap-second";
    case FindingCode::kRtcLocalTime:
      return "rtc-local-time";
    case FindingCode::kClockUnset:
      return "clock-unset";
    case FindingCode::kRebooted:
      return "rebooted";
    case FindingCode::kMigrated:
      return "migrated";
    case FindingCode::kNoAgent:
      return "no-agent";
    case FindingCode::kAgentUnreachable:
      return "agent-unreachable";
    case FindingCode::kAgentUntrusted:
      return "agent-untrusted";
    case FindingCode::kHostStepped:
      return "host-stepped";
    case FindingCode::kHostCounterJump:
      return "host-counter-jump";
    case FindingCode::kHostRate:
      return "host-rate";
    case FindingCode::kHostUnproven:
      return "host-unproven";
    case FindingCode::kUnjudgedGuests:
      return "unjudged-guests";
  }
  return "";
}

absl::Span<const FindingCode> AllFindingCodes() { return kAll; }

Severity SeverityOf(const Interval& size, const Thresholds& thresholds) {
  const absl::Duration certain = size.LeastMagnitude();
  if (certain > thresholds.fault) return Severity::kFault;
  if (certain > thresholds.warning) return Severity::kWarning;
  return Severity::kInfo;
}

}  // namespace noonmark
