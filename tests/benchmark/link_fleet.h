#ifndef NOONMARK_TESTS_BENCHMARK_LINK_FLEET_H_
#define NOONMARK_TESTS_BENCHMARK_LINK_FLEET_H_

#include <string>

namespace noonmark::benchmarks {

// Opens `count` links to the agent at `address`, at most 16 at once, asks each
// for a burst of 8 over 5 s, phases spread, and prints what that cost this
// process: a process of its own for each call, so that memory is told from the
// call before. `server` is the agent's process.
void MeasureLinkFleet(int count, const std::string& address, int server);

// An agent in this process that takes any number of streams. Never returns.
[[noreturn]] void ServeLinkFleet(const std::string& address);

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_LINK_FLEET_H_
