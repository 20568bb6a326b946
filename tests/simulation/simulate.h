#ifndef NOONMARK_TESTS_SIMULATION_SIMULATE_H_
#define NOONMARK_TESTS_SIMULATION_SIMULATE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/detect/core_input.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// Guests as they are on a busy host, without a fault: daemons of all kinds,
// wandering rates, networks with tails and asymmetry, stolen processors.
GuestTraits AnySoundGuest(Random& random);
ClockTraits AnySoundHost(Random& random);

// `guests` of them for so long; nothing is done to them.
Tally Soak(uint64_t seed, int guests, absl::Duration lasting,
           absl::Duration interval);

// Two daemons that want other times, `size` apart, for a minute: both set it;
// one sets it and the other slews it back; both slew it.
enum class Fight { kBothSet, kOneSetsOneSlews, kBothSlew };
void LetDaemonsFight(Fleet& fleet, GuestId guest, absl::Duration when,
                     absl::Duration size, Fight fight);

inline constexpr absl::Duration kShortLife = absl::Minutes(10);
// 4 guests, and at least 5 faults that will happen; not yet lived.
std::unique_ptr<Fleet> MakeShortLife(uint64_t seed);

// Lives it. `record` sees each input of the core.
Tally ShortLife(uint64_t seed, Fleet::Observer* onlooker = nullptr,
                std::function<void(const CoreInput&)> record = nullptr);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_SIMULATE_H_
