#include "host/policy/rail.h"

namespace noonmark {
namespace {

constexpr Rail kAll[] = {
    Rail::kNoData,       Rail::kUncertain,   Rail::kSuspended,
    Rail::kHostUnproven, Rail::kHostStepped, Rail::kSamples,
    Rail::kUnpaused,     Rail::kGlitch,      Rail::kVcpus,
    Rail::kTwoMasters,   Rail::kLeapSecond,  Rail::kCap,
    Rail::kRange,        Rail::kDisputed,    Rail::kAgent,
    Rail::kServices,     Rail::kOff,         Rail::kMode,
    Rail::kWindow,       Rail::kHeld,        Rail::kBusy,
    Rail::kBudget,       Rail::kGroupSlots,  Rail::kFleetSlots,
    Rail::kBreaker,      Rail::kSuspectHost,
};

struct Words {
  std::string_view name;
  std::string_view meaning;
};

Words Of(Rail rail) {
  switch (rail) {
    case Rail::kNoData:
      return {"no-data", "What was not measured is not corrected."};
    case Rail::kUncertain:
      return {"uncertain",
              "A clock is moved only when it is proven to be outside of what "
              "is allowed."};
    case Rail::kSuspended:
      return {"suspended", "Nobody is corrected while there is no judging."};
    case Rail::kHostUnproven:
      return {"host-unproven",
              "A host that may be wrong itself is no mark to set others by."};
    case Rail::kHostStepped:
      return {"host-stepped",
              "After a step of the host its guests are judged anew first."};
    case Rail::kSamples:
      return {"samples",
              "One measurement may be an accident; several over a while, which "
              "agree, are none."};
    case Rail::kUnpaused:
      return {"unpaused",
              "A guest that was paused may still be catching up by itself."};
    case Rail::kGlitch:
      return {"glitch",
              "A clock that gives single wrong readings is right between them, "
              "and must not be set by one."};
    case Rail::kVcpus:
      return {"vcpu-disagreement",
              "Where the processors' counters disagree there is no offset to "
              "correct."};
    case Rail::kTwoMasters:
      return {"two-masters",
              "What fights over the clock would undo the correction."};
    case Rail::kLeapSecond:
      return {"leap-second",
              "Around a leap second clocks may differ by up to 1 s and all be "
              "right."};
    case Rail::kCap:
      return {"cap", "An offset so large is for a person to look at."};
    case Rail::kRange:
      return {"range",
              "A clock is never set to a time that is no time of "
              "today's computers."};
    case Rail::kDisputed:
      return {"clock-disputed",
              "Where the guest's own sources disagree with the host, its time "
              "daemon would undo the correction under running mail."};
    case Rail::kAgent:
      return {"agent",
              "Without an agent that takes orders nothing can be "
              "done in the guest."};
    case Rail::kServices:
      return {"services",
              "A step backwards needs the services at rest that would die of "
              "it, and the guest has to list them."};
    case Rail::kOff:
      return {"off", "Somebody switched the corrections of this host off."};
    case Rail::kMode:
      return {"mode", "noonmark only observes unless it is told otherwise."};
    case Rail::kWindow:
      return {"window",
              "By itself noonmark corrects only at the times it was given."};
    case Rail::kHeld:
      return {"held", "A person is to look at this guest first."};
    case Rail::kBusy:
      return {"busy", "One operation of a guest at a time."};
    case Rail::kBudget:
      return {"budget",
              "A clock that needs correcting again and again has a cause that "
              "corrections don't mend."};
    case Rail::kGroupSlots:
      return {"group-slots",
              "Guests of a group stand in for each other, so they don't rest "
              "together."};
    case Rail::kFleetSlots:
      return {"fleet-slots", "Only few guests of a host rest together."};
    case Rail::kBreaker:
      return {"breaker",
              "After trouble on this host nothing more is begun until a person "
              "has looked."};
    case Rail::kSuspectHost:
      return {"suspect-host",
              "When most guests are wrong alike it is more likely the host "
              "that is wrong."};
  }
  return {};
}

}  // namespace

std::string_view RailName(Rail rail) { return Of(rail).name; }

std::string_view RailMeaning(Rail rail) { return Of(rail).meaning; }

absl::Span<const Rail> AllRails() { return kAll; }

}  // namespace noonmark
