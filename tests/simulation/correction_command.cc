// The long runs of corrections, with what they found on stdout.

#include <algorithm>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/commands.h"
#include "tests/simulation/correction_world.h"
#include "tests/simulation/in_order.h"

namespace noonmark::simulation {
namespace {

void PrintCounts(const std::string& what,
                 const std::map<std::string, uint64_t>& counts) {
  std::cout << what << ":";
  const char* comma = " ";
  for (const auto& [name, count] : counts) {
    std::cout << comma << name << " " << count;
    comma = ", ";
  }
  std::cout << "\n";
}

// 0: nothing was broken.
int Finish(const CorrectionTally& tally) {
  for (const std::string& word : tally.words) std::cout << word << "\n";
  for (const auto& [name, count] : tally.breaches) {
    std::cout << absl::StreamFormat("broken: %s: %d times\n", name, count);
  }
  std::cout << absl::StreamFormat(
      "%d runs, %d deaths, %d clocks moved, %d violations\n", tally.runs,
      tally.deaths, tally.moves, tally.breaches.size());
  return tally.breaches.empty() ? 0 : 1;
}

CorrectionTally Run(CorrectionKind kind, const Deaths& deaths) {
  CorrectionTally tally = RunCorrection(kind, deaths);
  if (!tally.breaches.empty()) {
    std::string points;
    for (const uint64_t point : deaths.points) {
      absl::StrAppend(&points, " ", point);
    }
    tally.words.push_back(absl::StrCat(
        CorrectionKindName(kind), deaths.power ? ", power" : "", ", points",
        points, ", clock set at ", deaths.clock_set_at, ", torn ",
        deaths.torn_bytes, ", write ", deaths.guest_write, "/",
        deaths.host_write, ": ", tally.breaches.begin()->first));
  }
  return tally;
}

using Work = std::function<CorrectionTally(uint64_t)>;

CorrectionTally All(uint64_t count, const Work& work) {
  CorrectionTally all;
  InOrder<CorrectionTally>(count, work,
                           [&](uint64_t, const CorrectionTally& tally) {
                             all.Add(tally);
                             return true;
                           });
  return all;
}

}  // namespace

int RunCorrections(uint64_t first, uint64_t count) {
  std::cout << absl::StreamFormat("corrections: seeds %d to %d\n", first,
                                  first + count - 1);
  const CorrectionTally all =
      All(count, [&](uint64_t i) { return RunRandomCorrection(first + i); });
  PrintCounts("faults", all.faults);
  PrintCounts("dom0's last word", all.results);
  PrintCounts("the guest's", all.outcomes);
  return Finish(all);
}

int TellCorrection(uint64_t seed) {
  return Finish(RunRandomCorrection(seed, Mutation::kNone, &std::cout));
}

int RunCrashPoints(bool power_pairs) {
  CorrectionTally all;
  for (const CorrectionKind kind : kAllCorrectionKinds) {
    const uint64_t points = RunCorrection(kind, Deaths()).points;
    for (const bool power : {false, true}) {
      const auto die = [&](std::vector<uint64_t> at) {
        Deaths deaths;
        deaths.points = std::move(at);
        deaths.power = power;
        return deaths;
      };
      // Who died once passes other points; all of these are second ones.
      std::vector<uint64_t> later(points + 1);
      const CorrectionTally singles = All(points, [&](uint64_t i) {
        CorrectionTally tally = Run(kind, die({i + 1}));
        later[i + 1] = tally.points;
        return tally;
      });
      const bool in_pairs = !power || power_pairs;
      const CorrectionTally pairs = All(in_pairs ? points : 0, [&](uint64_t i) {
        CorrectionTally tally;
        for (uint64_t j = i + 2; j <= later[i + 1]; ++j) {
          tally.Add(Run(kind, die({i + 1, j})));
        }
        return tally;
      });
      std::cout << absl::StreamFormat(
          "%-14s %-8s %4d points: %5d single deaths, %6d pairs, %d "
          "violations\n",
          CorrectionKindName(kind), power ? "power" : "process", points,
          singles.runs, pairs.runs,
          singles.breaches.size() + pairs.breaches.size());
      all.Add(singles);
      all.Add(pairs);
    }
    const CorrectionTally set = All(points, [&](uint64_t i) {
      Deaths deaths;
      deaths.clock_set_at = i + 1;
      return Run(kind, deaths);
    });
    std::cout << absl::StreamFormat(
        "%-14s the clock set by others at each point: %d runs, %d violations\n",
        CorrectionKindName(kind), set.runs, set.breaches.size());
    all.Add(set);
  }
  return Finish(all);
}

int RunDiskFaults() {
  CorrectionTally all;
  for (const CorrectionKind kind : kAllCorrectionKinds) {
    CorrectionTally failed;
    constexpr uint64_t kMostWrites = 12;
    for (const DiskFault fault : {DiskFault::kNoSpace, DiskFault::kInputOutput,
                                  DiskFault::kShort, DiskFault::kSyncFails}) {
      failed.Add(All(kMostWrites * 4, [&](uint64_t i) {
        Deaths deaths;
        deaths.fault = fault;
        deaths.for_good = (i & 1) != 0;
        ((i & 2) != 0 ? deaths.guest_write : deaths.host_write) = i / 4 + 1;
        return Run(kind, deaths);
      }));
    }
    // Each write is torn at each of its bytes.
    std::vector<Deaths> tears;
    for (const auto& [point, bytes] : RunCorrection(kind, Deaths()).writes) {
      for (size_t written = 0; written < bytes; ++written) {
        for (const bool power : {false, true}) {
          Deaths deaths;
          deaths.points = {point};
          deaths.power = power;
          deaths.torn_bytes = written;
          tears.push_back(std::move(deaths));
        }
      }
    }
    const CorrectionTally torn =
        All(tears.size(), [&](uint64_t i) { return Run(kind, tears[i]); });
    std::cout << absl::StreamFormat(
        "%-14s every write fails in every way: %d runs, %d violations; torn at "
        "every byte: %d runs, %d violations\n",
        CorrectionKindName(kind), failed.runs, failed.breaches.size(),
        torn.runs, torn.breaches.size());
    all.Add(failed);
    all.Add(torn);
  }
  return Finish(all);
}

}  // namespace noonmark::simulation
