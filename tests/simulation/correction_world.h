#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_WORLD_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_WORLD_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/correction_guest.h"
#include "tests/simulation/correction_host.h"

namespace noonmark::simulation {

// What one run, or many, came to.
struct CorrectionTally {
  uint64_t runs = 0;
  uint64_t points = 0;  // where somebody could have died
  uint64_t deaths = 0;
  uint64_t moves = 0;
  std::map<std::string, uint64_t> results;   // of dom0's operations
  std::map<std::string, uint64_t> outcomes;  // of the guest's
  std::map<std::string, uint64_t> faults;    // that were planned
  std::map<std::string, uint64_t> breaches;
  std::vector<std::string> words;  // how to run again what broke, the first few
  // Of one run: which points were in a write, and of how many bytes.
  std::vector<std::pair<uint64_t, size_t>> writes;

  void Add(const CorrectionTally& other);
};

// A correction in which nothing goes wrong but what is planned.
enum class CorrectionKind : uint8_t {
  kStepBack,     // a minute, mail at rest
  kStepAndHold,  // five seconds, and mail waits for them
  kSlew,         // 50 ms, the time daemon at rest
  kStepForward,  // half a minute under mail
  kQuiesceOnly,  // and an operator ends it
};
inline constexpr CorrectionKind kAllCorrectionKinds[] = {
    CorrectionKind::kStepBack, CorrectionKind::kStepAndHold,
    CorrectionKind::kSlew, CorrectionKind::kStepForward,
    CorrectionKind::kQuiesceOnly};
std::string CorrectionKindName(CorrectionKind kind);

// How somebody dies at a point.
struct Deaths {
  std::vector<uint64_t> points;
  bool power = false;  // a guest's death is that of its machine
  size_t torn_bytes = 100;
  // Somebody sets the guest's clock there instead.
  uint64_t clock_set_at = 0;
  // A write of the guest, of dom0, fails.
  uint64_t guest_write = 0;
  uint64_t host_write = 0;
  DiskFault fault = DiskFault::kNone;
  bool for_good = false;
};

CorrectionTally RunCorrection(CorrectionKind kind, const Deaths& deaths,
                              std::ostream* tell = nullptr);

// A random correction with faults of every kind: the seed decides all.
CorrectionTally RunRandomCorrection(uint64_t seed,
                                    Mutation mutation = Mutation::kNone,
                                    std::ostream* tell = nullptr);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_WORLD_H_
