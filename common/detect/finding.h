#ifndef NOONMARK_COMMON_DETECT_FINDING_H_
#define NOONMARK_COMMON_DETECT_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "common/detect/pause_log.h"
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
  kMigrated,
  kNoAgent,
  kAgentUnreachable,
  kAgentUntrusted,
  kHostStepped,
  kHostCounterJump,
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

// What a guest's Xen says of the counter that it gives the guest.
struct TscIdentity {
  // How often the guest was set up from a saved state, here or elsewhere.
  uint32_t incarnation = 0;
  // The counter's rate, as the guest is told; 0: it is not.
  uint32_t khz = 0;

  friend bool operator==(const TscIdentity& a, const TscIdentity& b) {
    return a.incarnation == b.incarnation && a.khz == b.khz;
  }
};

// Of a move between hosts, besides the offset before and after.
struct MoveEvidence {
  // When libvirt stopped it for that. Absent: that was not heard.
  std::optional<ToldPauses> downtime;
  // Of the counters, before and after. Absent: not known, or not yet.
  std::optional<RateInterval> rate_before;
  std::optional<RateInterval> rate_after;
  // Absent: Xen did not tell, or tells the same.
  std::optional<TscIdentity> tsc_before;
  std::optional<TscIdentity> tsc_after;
};

// How many of a host's guests were set alike, this one among them; see
// AreAlike.
struct SetAlike {
  // 0: this one alone.
  uint16_t guests = 0;
  // All that the host has.
  uint16_t of = 0;
};

// Why a leap of a guest's counter against the host's is not the host's.
enum class HostAlibi : uint8_t {
  kNotAsked,
  // Nobody could tell.
  kNone,
  // Another guest's counter stayed where it was.
  kOtherGuest,
  // The host read its own counter all the time.
  kOwnReadings,
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
  // Of a counter's leap: if the counters ran no further apart than sound ones
  // do. For whoever compares it with others' leaps; not kept with a finding.
  std::optional<Interval> sound_size;
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
  // Of a clock that fell behind: the pauses that libvirt told of meanwhile.
  std::optional<ToldPauses> pauses;
  // libvirt's events were heard all that time: where it told of none there was
  // none.
  bool listened = false;
  SetAlike set_alike;
  HostAlibi alibi = HostAlibi::kNotAsked;
  std::optional<MoveEvidence> move;
  // Where the guest's hunter caught it.
  std::optional<GlitchEvidence> glitch;
  // For people, where the figures don't tell all: an error's text.
  std::string note;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_FINDING_H_
