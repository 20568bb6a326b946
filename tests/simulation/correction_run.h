#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_RUN_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_RUN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/correction_checker.h"
#include "tests/simulation/correction_guest.h"
#include "tests/simulation/correction_host.h"
#include "tests/simulation/correction_world.h"
#include "tests/simulation/random.h"

namespace noonmark::simulation {

// Everything of one run: a guest, its hosts, and what may be done to them.
class CorrectionRun {
 public:
  CorrectionRun(uint64_t seed, const GuestCorrectionConfig& config,
                absl::Duration offset, Mutation mutation);

  CorrectionHost& AddHost(const CorrectionHost::Options& options);

  bool AtPeace() const;
  // The safety phase: anything may fail.
  void RunFor(absl::Duration time);
  // The liveness phase: nothing fails any more.
  void ComeToPeace(absl::Duration within);
  CorrectionTally Tally() const;

  Random random;
  Agenda agenda;
  KillPlan kills;
  CorrectionChecker checker;
  std::unique_ptr<CorrectionGuest> guest;
  std::vector<std::unique_ptr<CorrectionHost>> hosts;
  // Nobody tells the first dom0 any more how the guest fares.
  bool migrated = false;
  bool healed = false;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_RUN_H_
