// Runs the simulator: see README.md.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/commands.h"

namespace noonmark::simulation {
namespace {

int Main(int argc, char** argv) {
  CLI::App app("Simulates hosts and guests around noonmark's own monitor");
  app.require_subcommand(1);
  uint64_t seed = 1;
  uint64_t first = 1;
  uint64_t count = 0;

  double guest_days = 100;
  int guests = 10;
  double interval = 5;
  CLI::App* soak = app.add_subcommand("soak", "no fault, every kind of noise");
  soak->add_option("--seed", seed, "of the first world")->capture_default_str();
  soak->add_option("--guest-days", guest_days)->capture_default_str();
  soak->add_option("--guests", guests, "of a world")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  soak->add_option("--interval", interval, "seconds between polls")
      ->capture_default_str();

  CLI::App* seeds = app.add_subcommand("seeds", "short lives full of faults");
  seeds->add_option("--first", first)->capture_default_str();
  seeds->add_option("--count", count)->required();

  CLI::App* truth = app.add_subcommand(
      "truth", "every proof of every exchange against the truth");
  truth->add_option("--first", first, "seed")->capture_default_str();
  truth->add_option("--exchanges", count, "at least")->required();

  std::string kind;
  CLI::App* matrix = app.add_subcommand(
      "matrix", "faults by sizes by seeds, and two faults in one gap");
  matrix->add_option("--first", first, "seed")->capture_default_str();
  matrix->add_option("--seeds", count, "of each line")->required();
  matrix->add_option("--only", kind, "one kind of fault, and no pairs");

  int size = 0;
  CLI::App* fault = app.add_subcommand("fault", "one of the matrix, in words");
  fault->add_option("--kind", kind)->required();
  fault->add_option("--size", size, "its number")->check(CLI::Range(0, 5));
  fault->add_option("--seed", seed)->capture_default_str();

  int guest = 0;
  double from = 0;
  double to = 600;
  CLI::App* tell = app.add_subcommand("tell", "one short life, in words");
  tell->add_option("--seed", seed)->capture_default_str();
  tell->add_option("--guest", guest)->capture_default_str();
  tell->add_option("--from", from, "seconds")->capture_default_str();
  tell->add_option("--to", to, "seconds")->capture_default_str();

  CLI11_PARSE(app, argc, argv);
  if (*soak) {
    return RunSoak(seed, guest_days, guests, absl::Seconds(interval));
  }
  if (*seeds) return RunSeeds(first, count);
  if (*truth) return RunTruth(first, count);
  if (*matrix) return RunMatrix(first, count, kind);
  if (*fault) return TellFault(kind, size, seed);
  return TellLife(seed, guest, absl::Seconds(from), absl::Seconds(to));
}

}  // namespace
}  // namespace noonmark::simulation

int main(int argc, char** argv) {
  return noonmark::simulation::Main(argc, argv);
}
