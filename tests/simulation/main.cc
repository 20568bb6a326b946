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

  unsigned threads = 0;
  const auto add_threads = [&threads](CLI::App* command) {
    command->add_option("--threads", threads, "processors; 0: all")
        ->capture_default_str();
  };

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
  add_threads(soak);

  CLI::App* seeds = app.add_subcommand("seeds", "short lives full of faults");
  seeds->add_option("--first", first)->capture_default_str();
  seeds->add_option("--count", count)->required();
  std::string progress;
  seeds->add_option("--progress", progress,
                    "file that says what is done; the same command goes on "
                    "from there");
  add_threads(seeds);

  CLI::App* truth = app.add_subcommand(
      "truth", "every proof of every exchange against the truth");
  truth->add_option("--first", first, "seed")->capture_default_str();
  truth->add_option("--exchanges", count, "at least")->required();
  add_threads(truth);

  std::string kind;
  CLI::App* matrix = app.add_subcommand(
      "matrix", "faults by sizes by seeds, and two faults in one gap");
  matrix->add_option("--first", first, "seed")->capture_default_str();
  matrix->add_option("--seeds", count, "of each line")->required();
  matrix->add_option("--only", kind,
                     "one kind of fault, or one pair: \"ONE + OTHER\"");

  int size = 0;
  CLI::App* fault = app.add_subcommand("fault", "one of the matrix, in words");
  fault->add_option("--kind", kind, "or a pair: \"ONE + OTHER\"")->required();
  fault->add_option("--size", size, "its number; of no pair")
      ->check(CLI::Range(0, 5));
  fault->add_option("--seed", seed)->capture_default_str();

  int guest = 0;
  double from = 0;
  double to = 600;
  CLI::App* tell = app.add_subcommand("tell", "one short life, in words");
  tell->add_option("--seed", seed)->capture_default_str();
  tell->add_option("--guest", guest)->capture_default_str();
  tell->add_option("--from", from, "seconds")->capture_default_str();
  tell->add_option("--to", to, "seconds")->capture_default_str();

  bool crash_points = false;
  bool disk_faults = false;
  CLI::App* corrections = app.add_subcommand(
      "corrections", "both sides of a correction, with faults of every kind");
  corrections->add_option("--first", first)->capture_default_str();
  corrections->add_option("--count", count, "random ones");
  bool in_words = false;
  bool power_pairs = false;
  corrections->add_flag("--power-pairs", power_pairs,
                        "with --crash-points: pairs of power failures, too");
  corrections->add_flag("--tell", in_words, "the first, in words");
  corrections->add_flag("--crash-points", crash_points,
                        "every death, and every pair, instead");
  corrections->add_flag("--disk-faults", disk_faults,
                        "every write that fails or is torn, instead");

  CLI11_PARSE(app, argc, argv);
  if (*soak) {
    return RunSoak(seed, guest_days, guests, absl::Seconds(interval), threads);
  }
  if (*corrections) {
    if (in_words) return TellCorrection(first);
    if (crash_points) return RunCrashPoints(power_pairs);
    if (disk_faults) return RunDiskFaults();
    return RunCorrections(first, count);
  }
  if (*seeds) return RunSeeds(first, count, progress, threads);
  if (*truth) return RunTruth(first, count, threads);
  if (*matrix) return RunMatrix(first, count, kind);
  if (*fault) return TellFault(kind, size, seed);
  return TellLife(seed, guest, absl::Seconds(from), absl::Seconds(to));
}

}  // namespace
}  // namespace noonmark::simulation

int main(int argc, char** argv) {
  return noonmark::simulation::Main(argc, argv);
}
