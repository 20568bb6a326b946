#ifndef NOONMARK_HOST_POLICY_RAIL_H_
#define NOONMARK_HOST_POLICY_RAIL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/types/span.h"

namespace noonmark {

// What keeps a correction from being made. Names are stable: RailName.
enum class Rail : uint8_t {
  // Of what is known: the clock is not proven to be wrong by an amount that
  // may be mended.
  kNoData,        // nothing usable is known of the clock
  kUncertain,     // the offset is not proven to be outside
  kSuspended,     // there is no judging now
  kHostUnproven,  // the host itself may be wrong
  kHostStepped,   // and was set a short while ago
  kSamples,       // too few measurements that agree
  kUnpaused,      // the guest was paused a short while ago
  kGlitch,        // its clock gives single wrong readings
  kVcpus,         // its processors' counters disagree
  kTwoMasters,    // two daemons fight over its clock
  kLeapSecond,    // an offset that a leap second explains
  kCap,           // an offset beyond what is ever corrected
  kRange,         // a time that no clock of today should show
  kDisputed,      // the guest's own sources say otherwise
  kAgent,         // its agent takes no orders
  kServices,      // it lists no services that it could bring to rest
  // Of who may do it, and when.
  kOff,          // corrections of this host are switched off
  kMode,         // configuration allows none
  kWindow,       // not at this time of the day
  kHeld,         // a person is to look first
  kBusy,         // another operation of this guest is not over
  kBudget,       // corrected too often lately
  kGroupSlots,   // others of its group are at rest
  kFleetSlots,   // too many guests of this host are at rest
  kBreaker,      // too much went wrong on this host lately
  kSuspectHost,  // so many guests are wrong alike that the host is
};

// Kebab-case: "host-unproven".
std::string_view RailName(Rail rail);
// Why there is such a rail, in a sentence.
std::string_view RailMeaning(Rail rail);
absl::Span<const Rail> AllRails();

// A rail that refused, and for a person: with the figures, why; and what to
// change, or to wait for. Neither is ever empty.
struct Objection {
  Rail rail = Rail::kNoData;
  std::string why;
  std::string remedy;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_RAIL_H_
