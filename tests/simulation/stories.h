#ifndef NOONMARK_TESTS_SIMULATION_STORIES_H_
#define NOONMARK_TESTS_SIMULATION_STORIES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// Something that happens to a small fleet, short enough for its trace to be
// kept beside the tests.
struct Story {
  std::string name;  // of its files: "counter-jump"
  FleetOptions options;
  std::vector<std::string> guests;
  // What is done to them; guests have the numbers of their places.
  void (*happen)(Fleet& fleet) = nullptr;
  absl::Duration lasting;
};

// Those that ship as test data, tests/host/trace/data.
std::vector<Story> AllStories();

// Lives it; `record` sees each input of the core.
void LiveStory(const Story& story,
               std::function<void(const CoreInput&)> record);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_STORIES_H_
