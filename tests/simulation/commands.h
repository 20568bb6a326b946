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

// `threads`: so many processors; 0: all.

// Worlds of `guests` for five days at the most, until `guest_days` are over.
int RunSoak(uint64_t seed, double guest_days, int guests,
            absl::Duration interval, unsigned threads);

// `count` short lives. `progress_file`: what is done is kept there, and the
// same command goes on from there; empty: nowhere.
int RunSeeds(uint64_t first, uint64_t count, const std::string& progress_file,
             unsigned threads);

// Short lives until so many exchanges were compared with the truth.
int RunTruth(uint64_t first, uint64_t exchanges, unsigned threads);

// `seeds` of each fault of each size, and of each pair. `only`: of one kind,
// and no pairs; empty: of all.
int RunMatrix(uint64_t first, uint64_t seeds, const std::string& only);
// One run of one kind and size (by its number), in words.
int TellFault(const std::string& kind, int size, uint64_t seed);

// One short life, in words.
int TellLife(uint64_t seed, GuestId guest, absl::Duration from,
             absl::Duration to);

// `count` random corrections with faults.
int RunCorrections(uint64_t first, uint64_t count);
// One of them, in words.
int TellCorrection(uint64_t seed);
// Every death of a process, every pair of deaths, every death of the guest's
// machine (and every pair of those, if so asked), and a set of the clock at
// every point.
int RunCrashPoints(bool power_pairs);
// Every write that fails, in every way, and every torn one.
int RunDiskFaults();

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_COMMANDS_H_
