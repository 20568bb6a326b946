#ifndef NOONMARK_TESTS_SIMULATION_COMMANDS_H_
#define NOONMARK_TESTS_SIMULATION_COMMANDS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// The long runs, on all processors, with what they found on stdout. Each
// returns 0 if all that it asserts held, else 1. What is printed depends on the
// arguments alone, but for the times.

// Worlds of `guests` for five days at the most, until `guest_days` are over.
int RunSoak(uint64_t seed, double guest_days, int guests,
            absl::Duration interval);

// `count` short lives.
int RunSeeds(uint64_t first, uint64_t count);

// Short lives until so many exchanges were compared with the truth.
int RunTruth(uint64_t first, uint64_t exchanges);

// `seeds` of each fault of each size, and of each pair. `only`: of one kind,
// and no pairs; empty: of all.
int RunMatrix(uint64_t first, uint64_t seeds, const std::string& only);
// One run of one kind and size (by its number), in words.
int TellFault(const std::string& kind, int size, uint64_t seed);

// One short life, in words.
int TellLife(uint64_t seed, GuestId guest, absl::Duration from,
             absl::Duration to);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_COMMANDS_H_
