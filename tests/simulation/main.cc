// Runs the simulator: see README.md.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/matrix.h"
#include "tests/simulation/simulate.h"
#include "tests/simulation/teller.h"

namespace noonmark::simulation {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

void Print(const Tally& tally) {
  constexpr Verdict kVerdicts[] = {Verdict::kOk,      Verdict::kWrong,
                                   Verdict::kDiffers, Verdict::kUncertain,
                                   Verdict::kUnknown, Verdict::kSuspended};
  std::cout << absl::StreamFormat(
      "%d exchanges, %d rows published, %d offsets compared with the truth, "
      "%d findings with %d deeds\n",
      tally.exchanges, tally.rows, tally.offsets, tally.findings, tally.deeds);
  std::cout << "rows by verdict:";
  for (const Verdict verdict : kVerdicts) {
    std::cout << absl::StreamFormat(
        " %s %d", VerdictName(verdict),
        tally.verdicts[static_cast<size_t>(verdict)]);
  }
  std::cout << absl::StreamFormat(
      "\nseveral deeds in one gap told under another name or size: %d\n",
      tally.misnamed);
  std::cout << absl::StreamFormat(
      "right, and done before the window that is claimed: %d\n",
      tally.seen_late);
  std::cout << absl::StreamFormat(
      "true offset at T4 outside, at T3 inside: %d\n", tally.outside_at_t4);
  for (const std::string& line : tally.words) std::cout << line << "\n";
  for (const auto& [name, count] : tally.breaches) {
    std::cout << absl::StreamFormat("broken: %s %d times\n", name, count);
  }
}

int RunSoak(uint64_t seed, double guest_days, int guests,
            absl::Duration interval) {
  const absl::Duration lasting = absl::Hours(24) * guest_days / guests;
  const double before = CpuSeconds();
  const Tally tally = Soak(seed, guests, lasting, interval);
  const double seconds = CpuSeconds() - before;
  std::cout << absl::StreamFormat(
      "soak: %g guest-days without a fault, %d guests, polls every %s\n",
      guest_days, guests, absl::FormatDuration(interval));
  Print(tally);
  std::cout << absl::StreamFormat(
      "%.1f s of one core, %.0f times real time, %.2f us an exchange\n",
      seconds, absl::ToDoubleSeconds(lasting) / seconds,
      seconds * 1e6 / static_cast<double>(tally.exchanges));
  const bool wrong =
      tally.verdicts[static_cast<size_t>(Verdict::kWrong)] +
          tally.verdicts[static_cast<size_t>(Verdict::kDiffers)] !=
      0;
  if (wrong || tally.Broken() != 0) {
    std::cout << absl::StreamFormat(
        "FAILED; again: simulate soak --seed %d --guest-days %g --guests %d "
        "--interval %s\n",
        seed, guest_days, guests,
        absl::StrFormat("%g", absl::ToDoubleSeconds(interval)));
    return 1;
  }
  return 0;
}

int RunSeeds(uint64_t first, uint64_t count) {
  Tally all;
  uint64_t failed = 0;
  const double before = CpuSeconds();
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Tally tally = ShortLife(seed);
    all.Add(tally);
    if (tally.Broken() == 0) continue;
    if (++failed > 20) continue;
    std::cout << absl::StreamFormat(
        "seed %d FAILED; again: simulate seeds "
        "--first %d --count 1\n",
        seed, seed);
    if (failed <= 10) {
      for (const std::string& line : tally.words) {
        std::cout << "  " << line << "\n";
      }
    }
  }
  const double seconds = CpuSeconds() - before;
  std::cout << absl::StreamFormat(
      "seeds %d to %d: 4 guests, 10 min, 5 faults and more each\n", first,
      first + count - 1);
  all.words.clear();
  Print(all);
  std::cout << absl::StreamFormat(
      "%d of %d seeds failed; %.1f s of one core, %.0f times real time\n",
      failed, count, seconds, static_cast<double>(count) * 600 / seconds);
  return failed == 0 ? 0 : 1;
}

// Prints a line; false: it is to be right, and is not.
bool Judge(const std::string& what, const Cell& cell, bool asserted) {
  const bool good = cell.right == cell.runs &&
                    cell.verdict_right == cell.runs && cell.blamed == 0 &&
                    cell.breaches == 0;
  std::cout << absl::StreamFormat(
      "%-34s %5d runs, %7.3f %% right cause, %7.3f %% right verdict, %d "
      "others blamed, %d breaches%s%s%s\n",
      what, cell.runs,
      100.0 * static_cast<double>(cell.right) / static_cast<double>(cell.runs),
      100.0 * static_cast<double>(cell.verdict_right) /
          static_cast<double>(cell.runs),
      cell.blamed, cell.breaches, asserted ? "" : " (not asserted)",
      good ? "" : "; told: ", good ? "" : cell.example);
  return good;
}

// 0 if at least 99.9 % of what is asserted is right and nobody is blamed.
int Conclude(const Cell& all) {
  std::cout << absl::StreamFormat(
      "asserted: %d of %d right, %d verdicts right, %d blamed, %d breaches\n",
      all.right, all.runs, all.verdict_right, all.blamed, all.breaches);
  const uint64_t needed = all.runs - all.runs / 1000;
  return all.right >= needed && all.verdict_right >= needed &&
                 all.blamed == 0 && all.breaches == 0
             ? 0
             : 1;
}

int RunMatrix(uint64_t first, uint64_t count, const std::string& only,
              bool in_words) {
  Teller teller(std::cout, 0, absl::ZeroDuration(), absl::InfiniteDuration());
  Cell all;
  for (const FaultKind& kind : AllFaultKinds()) {
    if (!only.empty() && kind.name != only) continue;
    for (const absl::Duration size : AllFaultSizes()) {
      // A day that goes by costs a second.
      const bool slow = kind.lasts && size >= absl::Hours(1);
      const uint64_t seeds = slow ? (count + 9) / 10 : count;
      const bool asserted = kind.named && size <= kind.named_up_to;
      Cell cell;
      for (uint64_t seed = first; seed < first + seeds; ++seed) {
        cell.Add(RunFault(kind, size, seed, in_words ? &teller : nullptr));
      }
      (void)Judge(absl::StrCat(kind.name, ", ", absl::FormatDuration(size)),
                  cell, asserted);
      if (asserted) all.Add(cell);
    }
  }
  return Conclude(all);
}

int RunPairs(uint64_t first, uint64_t count) {
  Cell all;
  for (const FaultKind& one : AllFaultKinds()) {
    for (const FaultKind& other : AllFaultKinds()) {
      if (!ArePair(one, other)) continue;
      Cell cell;
      for (uint64_t seed = first; seed < first + count; ++seed) {
        cell.Add(RunPair(one, other, seed));
      }
      // A wide size that holds one known size alone is taken for that one.
      const std::string terms = one.terms + other.terms;
      const bool asserted = terms != "nc" && terms != "cn";
      (void)Judge(absl::StrCat(one.name, " + ", other.name), cell, asserted);
      if (asserted) all.Add(cell);
    }
  }
  return Conclude(all);
}

int Main(int argc, char** argv) {
  CLI::App app("Simulates hosts and guests around noonmark's own monitor");
  app.require_subcommand(1);
  uint64_t seed = 1;
  double guest_days = 100;
  int guests = 10;
  double interval = 5;
  CLI::App* soak = app.add_subcommand("soak", "no fault, every kind of noise");
  soak->add_option("--seed", seed)->capture_default_str();
  soak->add_option("--guest-days", guest_days)->capture_default_str();
  soak->add_option("--guests", guests)->capture_default_str();
  soak->add_option("--interval", interval, "seconds between polls")
      ->capture_default_str();
  uint64_t first = 1;
  uint64_t count = 1000;
  CLI::App* seeds = app.add_subcommand("seeds", "short lives full of faults");
  seeds->add_option("--first", first)->capture_default_str();
  seeds->add_option("--count", count)->capture_default_str();
  std::string only;
  CLI::App* matrix = app.add_subcommand("matrix", "faults by sizes by seeds");
  matrix->add_option("--first", first)->capture_default_str();
  matrix->add_option("--count", count, "seeds a cell")->capture_default_str();
  matrix->add_option("--only", only, "a kind of fault");
  bool in_words = false;
  matrix->add_flag("--tell", in_words, "in words");
  CLI::App* pairs = app.add_subcommand("pairs", "two faults in one poll gap");
  pairs->add_option("--first", first)->capture_default_str();
  pairs->add_option("--count", count, "seeds a pair")->capture_default_str();
  GuestId guest = 0;
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
  if (*matrix) return RunMatrix(first, count, only, in_words);
  if (*pairs) return RunPairs(first, count);
  if (*tell) {
    Teller teller(std::cout, guest, absl::Seconds(from), absl::Seconds(to));
    Print(ShortLife(seed, &teller));
    return 0;
  }
  return RunSeeds(first, count);
}

}  // namespace
}  // namespace noonmark::simulation

int main(int argc, char** argv) {
  return noonmark::simulation::Main(argc, argv);
}
