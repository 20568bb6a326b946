#ifndef NOONMARK_TESTS_SIMULATION_SIMULATE_H_
#define NOONMARK_TESTS_SIMULATION_SIMULATE_H_

#include <cstdint>
#include <functional>

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

// A short life: 4 guests, 10 minutes, at least 5 faults of any kind. `record`
// sees each input of the core.
Tally ShortLife(uint64_t seed, Fleet::Observer* onlooker = nullptr,
                std::function<void(const CoreInput&)> record = nullptr);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_SIMULATE_H_
