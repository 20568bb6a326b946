#ifndef NOONMARK_TESTS_SIMULATION_RANDOM_H_
#define NOONMARK_TESTS_SIMULATION_RANDOM_H_

#include <cmath>
#include <cstdint>

#include "absl/time/time.h"

namespace noonmark::simulation {

// The one source of chance: the same seed gives the same world on every
// machine and with every library, which <random>'s distributions do not
// promise. SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // Another source, for a part of the world that draws by itself.
  Random Fork() { return Random(Next()); }

  // From lo to hi, ends included.
  int64_t From(int64_t lo, int64_t hi) {
    return lo + static_cast<int64_t>(Next() % (static_cast<uint64_t>(hi) -
                                               static_cast<uint64_t>(lo) + 1));
  }
  bool OneIn(int64_t n) { return From(1, n) == 1; }
  bool Chance(double probability) { return Unit() < probability; }
  // In (0, 1].
  double Unit() { return static_cast<double>((Next() >> 11) + 1) * 0x1p-53; }

  absl::Duration Between(absl::Duration lo, absl::Duration hi) {
    return absl::Nanoseconds(
        From(absl::ToInt64Nanoseconds(lo), absl::ToInt64Nanoseconds(hi)));
  }
  absl::Duration EitherSign(absl::Duration d) { return OneIn(2) ? d : -d; }

 private:
  uint64_t state_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_RANDOM_H_
