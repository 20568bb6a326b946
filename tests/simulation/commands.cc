#include "tests/simulation/commands.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/in_order.h"
#include "tests/simulation/seeds_progress.h"
#include "tests/simulation/simulate.h"
#include "tests/simulation/teller.h"
#include "tests/simulation/truth.h"

namespace noonmark::simulation {
namespace {

// Of all processors together.
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

void Print(const std::string& what, const TruthTally::Compared& compared) {
  std::cout << absl::StreamFormat("%-38s %d proofs, %d misses\n", what,
                                  compared.proofs, compared.misses);
}

}  // namespace

int RunSoak(uint64_t seed, double guest_days, int guests,
            absl::Duration interval, unsigned threads) {
  constexpr double kMostDays = 5;
  const double days = guest_days / guests;
  const uint64_t worlds =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(days / kMostDays)));
  const absl::Duration lasting =
      absl::Hours(24) * days / static_cast<double>(worlds);
  const double before = CpuSeconds();
  Tally tally;
  InOrder<Tally>(
      worlds,
      [&](uint64_t i) { return Soak(seed + i, guests, lasting, interval); },
      [&](uint64_t, const Tally& one) {
        tally.Add(one);
        return true;
      },
      threads);
  const double seconds = CpuSeconds() - before;
  std::cout << absl::StreamFormat(
      "soak: %g guest-days without a fault, %d worlds of %d guests, polls "
      "every %s\n",
      guest_days, worlds, guests, absl::FormatDuration(interval));
  Print(tally);
  std::cout << absl::StreamFormat(
      "%.1f s of a core, %.0f times real time on one, %.2f us an exchange\n",
      seconds,
      absl::ToDoubleSeconds(lasting) * static_cast<double>(worlds) / seconds,
      seconds * 1e6 / static_cast<double>(tally.exchanges));
  const bool wrong =
      tally.verdicts[static_cast<size_t>(Verdict::kWrong)] +
          tally.verdicts[static_cast<size_t>(Verdict::kDiffers)] !=
      0;
  if (!wrong && tally.Broken() == 0) return 0;
  std::cout << absl::StreamFormat(
      "FAILED; again: simulate soak --seed %d --guest-days %g --guests %d "
      "--interval %g\n",
      seed, guest_days, guests, absl::ToDoubleSeconds(interval));
  return 1;
}

int RunSeeds(uint64_t first, uint64_t count, const std::string& progress_file,
             unsigned threads) {
  constexpr uint64_t kMostTold = 20;
  constexpr uint64_t kMostInWords = 10;
  constexpr uint64_t kBetweenNotes = 1000;
  SeedsProgress so_far;
  so_far.first = first;
  if (!progress_file.empty()) {
    const absl::StatusOr<SeedsProgress> kept =
        ReadProgress(progress_file, first);
    if (!kept.ok() && !absl::IsNotFound(kept.status())) {
      std::cerr << kept.status().message() << "\n";
      return 2;
    }
    if (kept.ok()) so_far = *kept;
  }
  const double before = CpuSeconds() - so_far.core_seconds;
  const uint64_t begun = std::min(so_far.done, count);
  const auto note = [&] {
    so_far.core_seconds = CpuSeconds() - before;
    return WriteProgress(so_far, progress_file);
  };
  absl::Status noted;
  InOrder<Tally>(
      count - begun, [&](uint64_t i) { return ShortLife(first + begun + i); },
      [&](uint64_t i, const Tally& tally) {
        const uint64_t seed = first + begun + i;
        so_far.tally.Add(tally);
        so_far.tally.words.clear();
        ++so_far.done;
        if (tally.Broken() != 0 && ++so_far.failed <= kMostTold) {
          std::cout << absl::StreamFormat(
              "seed %d FAILED; again: simulate seeds --first %d --count 1\n",
              seed, seed);
          if (so_far.failed <= kMostInWords) {
            for (const std::string& line : tally.words) {
              std::cout << "  " << line << "\n";
            }
          }
          std::cout << std::flush;
        }
        if (progress_file.empty() || so_far.done % kBetweenNotes != 0) {
          return true;
        }
        noted = note();
        return noted.ok();
      },
      threads);
  if (noted.ok() && !progress_file.empty()) noted = note();
  if (!noted.ok()) {
    std::cerr << noted.message() << "\n";
    return 2;
  }
  const double seconds = CpuSeconds() - before;
  std::cout << absl::StreamFormat(
      "seeds %d to %d: 4 guests, 10 min, 5 faults and more each\n", first,
      first + so_far.done - 1);
  Print(so_far.tally);
  std::cout << absl::StreamFormat(
      "%d of %d seeds failed; %.1f s of a core, %.0f times real time on one\n",
      so_far.failed, so_far.done, seconds,
      static_cast<double>(so_far.done) * 600 / seconds);
  return so_far.failed == 0 ? 0 : 1;
}

int RunTruth(uint64_t first, uint64_t exchanges, unsigned threads) {
  TruthTally all;
  uint64_t lives = 0;
  const double before = CpuSeconds();
  InOrder<TruthTally>(
      std::numeric_limits<uint32_t>::max(),
      [&](uint64_t i) { return TruthOfALife(first + i); },
      [&](uint64_t i, const TruthTally& one) {
        ++lives;
        all.Add(one);
        if (one.Misses() != 0) {
          std::cout << absl::StreamFormat(
              "seed %d FAILED; again: simulate truth --first %d --exchanges "
              "1\n",
              first + i, first + i);
        }
        return all.exchanges < exchanges;
      },
      threads);
  std::cout << absl::StreamFormat(
      "truth: seeds %d to %d, 4 guests, 10 min, 5 faults and more of every "
      "kind each\n"
      "%d exchanges; not compared: %d in which the counter broke or was "
      "misread, %d made up\n",
      first, first + lives - 1, all.exchanges, all.broken, all.made_up);
  Print("guest's counter minus host's, each:", all.counters);
  Print("guest's clock minus host's, each:", all.clocks);
  Print("guest's clock minus host's, published:", all.published);
  std::cout << "done:";
  for (size_t i = 0; i < all.deeds.size(); ++i) {
    std::cout << absl::StreamFormat(
        "%s %s %d", i == 0 ? "" : ",",
        std::string(DeedName(static_cast<DeedKind>(i))), all.deeds[i]);
  }
  std::cout << "\n";
  for (const std::string& line : all.words) std::cout << line << "\n";
  std::cout << absl::StreamFormat("truth outside: %d times; %.1f s of a core\n",
                                  all.Misses(), CpuSeconds() - before);
  return all.Misses() == 0 ? 0 : 1;
}

int TellLife(uint64_t seed, GuestId guest, absl::Duration from,
             absl::Duration to) {
  Teller teller(std::cout, guest, from, to);
  const Tally tally = ShortLife(seed, &teller);
  Print(tally);
  return tally.Broken() == 0 ? 0 : 1;
}

}  // namespace noonmark::simulation
