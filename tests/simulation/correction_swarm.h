#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_SWARM_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_SWARM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/correction_run.h"
#include "tests/simulation/random.h"

namespace noonmark::simulation {

// A swarm: every run draws which kinds of faults it has, and then those.
class Swarm {
 public:
  Swarm(CorrectionRun& world, Random random) : world_(world), random_(random) {}

  // Whether this run has it; counted.
  bool Has(const std::string& fault, double chance);
  // Faults of every kind, within so long.
  void Plan(bool has_hooks, absl::Duration length);
  // What is planned for a moment does not happen any more.
  void Stop() { over_ = true; }

  const std::map<std::string, uint64_t>& Faults() const { return faults_; }

 private:
  void PlanDeaths(absl::Duration length);
  void PlanHosts(absl::Duration length);
  void PlanMigration();
  void PlanUnits(absl::Duration length);
  void PlanActs(bool has_hooks);
  void PlanDisks();

  // At a point of the run.
  void Somewhere(std::function<void()> deed);
  // At any moment of it.
  void Sometime(absl::Duration within, std::function<void()> deed);
  uint64_t AnyPoint();
  DiskFault AnyFault();
  ActFault AnyActFault();
  FakeUnit& AnyUnit();

  CorrectionRun& world_;
  Random random_;
  bool over_ = false;
  std::map<std::string, uint64_t> faults_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_SWARM_H_
