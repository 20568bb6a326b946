#ifndef NOONMARK_COMMON_DETECT_FINDING_H_
#define NOONMARK_COMMON_DETECT_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "common/detect/signature.h"
#include "common/estimate/glitch.h"
#include "common/estimate/interval.h"
#include "common/estimate/rate.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What can be wrong with a guest, or with the host. Names are stable: CodeName.
enum class FindingCode : uint8_t {
  kClockSet,
  kCounterJump,
  kReadGlitch,
  kStoodStill,
  kCaughtUp,
  kRateFault,
  kSlewing,
  kTwoMasters,
  kVcpuDisagreement,
  kLeftBehindByHostStep,
  kLeapSecond,
  kRtcLocalTime,
  kClockUnset,
  kRebooted,
  kNoAgent,
  kAgentUnreachable,
  kAgentUntrusted,
  kHostStepped,
  kHostRate,
  kHostUnproven,
  kUnjudgedGuests,
};

// Kebab-case: "counter-jump".
std::string_view CodeName(FindingCode code);
absl::Span<const FindingCode> AllFindingCodes();

enum class Severity : uint8_t { kInfo, kWarning, kFault };

// How far a clock is allowed to be off before it is worth a warning, a fault.
struct Thresholds {
  absl::Duration warning = absl::Milliseconds(500);
  absl::Duration fault = absl::Seconds(2);
};

// Of a movement or an offset: what is certain of its size decides.
Severity SeverityOf(const Interval& size, const Thresholds& thresholds);

// What a guest's own hunter saw, and how hard it looked.
struct GlitchEvidence {
  Glitch glitch;
  uint64_t glitches = 0;
  uint64_t reads = 0;
};

// A named fault and the figures that prove it.
struct Finding {
  FindingCode code = FindingCode::kClockSet;
  Severity severity = Severity::kInfo;
  // False: it happened and is over.
  bool active = true;
  // A movement: no other clock of the guest moved with it.
  bool alone = true;
  MonotonicTime first_seen;
  MonotonicTime last_seen;
  uint32_t occurrences = 1;

  // A movement: how far the clock moved, between which two moments, and where
  // the difference that moved stood before and after.
  std::optional<Interval> size;
  MonotonicTime window_begin;
  MonotonicTime window_end;
  std::optional<Interval> before;
  std::optional<Interval> after;
  // The known size that alone fits; null: none does.
  const Signature* signature = nullptr;

  std::optional<RateInterval> rate;
  // How many times the kernel told the agent of a set over the movement.
  uint64_t discontinuities = 0;
  // How many readings of the burst after the suspicion stood on the old line,
  // on the new, on neither.
  int on_old = 0;
  int on_new = 0;
  int on_neither = 0;
  // Where the guest's hunter caught it.
  std::optional<GlitchEvidence> glitch;
  // For people, where the figures don't tell all: an error's text.
  std::string note;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_FINDING_H_
