// The matrix as a table on stdout.

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/commands.h"
#include "tests/simulation/in_order.h"
#include "tests/simulation/matrix.h"
#include "tests/simulation/teller.h"

namespace noonmark::simulation {
namespace {

// One line of the table: a kind at a size, or two kinds.
struct Line {
  std::string name;
  const FaultKind* kind = nullptr;
  absl::Duration size;
  const FaultKind* other = nullptr;  // null: alone
};

double Percent(uint64_t part, uint64_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void Print(const std::string& name, const Cell& cell) {
  std::cout << absl::StreamFormat(
      "%-34s %6d runs  cause %7.3f %%  verdict %7.3f %%  blamed %d  breaches "
      "%d",
      name, cell.runs, Percent(cell.right, cell.runs),
      Percent(cell.verdict_right, cell.runs), cell.blamed, cell.breaches);
  if (cell.flagged > 0) {
    std::cout << absl::StreamFormat("  flagged late %d, slowest %.1f s",
                                    cell.flagged_late,
                                    absl::ToDoubleSeconds(cell.slowest));
  }
  if (cell.unprovable > 0) {
    std::cout << absl::StreamFormat("  unprovable %d", cell.unprovable);
  }
  if (!cell.Good()) std::cout << "  told: " << cell.example;
  std::cout << "\n";
}

std::string PairName(const FaultKind& one, const FaultKind& other) {
  return absl::StrCat(one.name, " + ", other.name);
}

// `only`: a kind, or two as PairName() has them; empty: all.
std::vector<Line> LinesOf(const std::string& only) {
  std::vector<Line> lines;
  for (const FaultKind& kind : AllFaultKinds()) {
    if (!only.empty() && kind.name != only) continue;
    for (const absl::Duration size : AllFaultSizes()) {
      lines.push_back(
          {absl::StrCat(kind.name, ", ", absl::FormatDuration(size)), &kind,
           size, nullptr});
    }
  }
  for (const FaultKind& one : AllFaultKinds()) {
    for (const FaultKind& other : AllFaultKinds()) {
      if (!ArePair(one, other)) continue;
      const std::string name = PairName(one, other);
      if (!only.empty() && name != only) continue;
      lines.push_back({name, &one, absl::ZeroDuration(), &other});
    }
  }
  return lines;
}

}  // namespace

int RunMatrix(uint64_t first, uint64_t seeds, const std::string& only) {
  const std::vector<Line> lines = LinesOf(only);
  if (lines.empty() || seeds == 0) {
    std::cerr << "no such kind of fault: " << only << "\n";
    return 2;
  }
  Cell all;
  Cell line_so_far;
  InOrder<Cell>(
      lines.size() * seeds,
      [&](uint64_t i) {
        const Line& line = lines[i / seeds];
        const uint64_t seed = first + i % seeds;
        return line.other == nullptr ? RunFault(*line.kind, line.size, seed)
                                     : RunPair(*line.kind, *line.other, seed);
      },
      [&](uint64_t i, const Cell& cell) {
        line_so_far.Add(cell);
        if (i % seeds + 1 < seeds) return true;
        const Line& line = lines[i / seeds];
        Print(line.name, line_so_far);
        all.Add(line_so_far);
        line_so_far = Cell();
        return true;
      });
  Print("all that is asserted", all);
  const bool good = all.right >= all.runs - all.runs / 1000 &&
                    all.verdict_right >= all.runs - all.runs / 1000 &&
                    all.flagged_late == 0 && all.blamed == 0 &&
                    all.breaches == 0;
  if (!good) {
    std::cout << "FAILED; in words: simulate fault --kind KIND --size 0...5 "
                 "--seed SEED\n";
  }
  return good ? 0 : 1;
}

int TellFault(const std::string& name, int size, uint64_t seed) {
  const std::vector<Line> lines = LinesOf(name);
  if (name.empty() || lines.empty()) {
    std::cerr << "no such kind of fault: " << name << "\n";
    return 2;
  }
  const Line& line = lines[lines[0].other == nullptr ? size : 0];
  Teller teller(std::cout, 0, absl::ZeroDuration(), absl::InfiniteDuration());
  const Cell cell = line.other == nullptr
                        ? RunFault(*line.kind, line.size, seed, &teller)
                        : RunPair(*line.kind, *line.other, seed, &teller);
  Print(line.name, cell);
  return cell.Good() ? 0 : 1;
}

}  // namespace noonmark::simulation
