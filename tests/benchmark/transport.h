#ifndef NOONMARK_TESTS_BENCHMARK_TRANSPORT_H_
#define NOONMARK_TESTS_BENCHMARK_TRANSPORT_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/interval.h"

namespace noonmark::benchmarks {

// What each exchange proved of the offset, which is 0.
using Burst = std::vector<Interval>;

// A way to compare clocks with another process of this machine.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::string name() const = 0;
  // The other process.
  virtual pid_t server() const = 0;
  // Around the runs of a round: what shall be there meanwhile, unmeasured.
  virtual void Enter() {}
  virtual void Leave() {}
  // So many bursts of so many exchanges, one outstanding, each after `gap` of
  // idleness.
  virtual std::vector<Burst> Run(int bursts, int length,
                                 absl::Duration gap) = 0;
};

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_TRANSPORT_H_
