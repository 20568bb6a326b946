#ifndef NOONMARK_COMMON_RPC_CLOCK_WIRE_H_
#define NOONMARK_COMMON_RPC_CLOCK_WIRE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "common/detect/guest_facts.h"
#include "common/estimate/exchange.h"
#include "common/estimate/jump_report.h"
#include "common/time/clock.h"

namespace noonmark::v1 {
class ClockExchange;
class ClockGroup;
class GuestDescription;
class KernelDiscipline;
class LogWatch;
}  // namespace noonmark::v1

namespace noonmark {

// The limits of agent.proto, in characters and entries.
inline constexpr size_t kMostBootIdCharacters = 36;
inline constexpr size_t kMostClocksourceCharacters = 32;
inline constexpr size_t kMostFactCharacters = 256;
inline constexpr int kMostFactEntries = 32;

// From the wire: the one place where what a guest says is checked. What comes
// out is within its limits and safe to print, to compute with and to keep; it
// is still only the guest's word. Any clock value is valid.
//
// Errors:
//   kInvalidArgument  the message names the field and what is wrong with it:
//                     "received.raw_after_ns: 12 is before raw_before_ns 40".
absl::StatusOr<GuestReading> DecodeClockExchange(const v1::ClockExchange& wire);
absl::StatusOr<GuestFacts> DecodeGuestDescription(
    const v1::GuestDescription& wire);

// Of this machine's own clocks, from a file or a process of ours: any value is
// valid, also one that no sane counter has.
ClockReading DecodeOwnReading(const v1::ClockGroup& wire);

// To the wire. Replaces all of `wire`, reusing its memory. What is encoded can
// be decoded: text that is too long or not printable is left out, times beyond
// what int64 nanoseconds hold are saturated.
void EncodeClockReading(const ClockReading& reading, v1::ClockGroup* wire);
void EncodeKernelDiscipline(const KernelDiscipline& discipline,
                            v1::KernelDiscipline* wire);
void EncodeGuestReading(const GuestReading& reading, v1::ClockExchange* wire);
void EncodeJumpReport(const JumpReport& logs, v1::LogWatch* wire);
void EncodeGuestFacts(const GuestFacts& facts, v1::GuestDescription* wire);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_CLOCK_WIRE_H_
