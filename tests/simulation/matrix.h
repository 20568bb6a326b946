#ifndef NOONMARK_TESTS_SIMULATION_MATRIX_H_
#define NOONMARK_TESTS_SIMULATION_MATRIX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// Names of findings, as in CodeName().
using Names = std::vector<std::string>;

// A kind of fault, how it is done, and what is to be said of it.
struct FaultKind {
  std::string name;
  void (*inject)(Fleet& fleet, GuestId guest, absl::Duration when,
                 absl::Duration size);
  // Of the guest, after it: just these, in any order. `negative`: where the
  // size is below zero.
  Names findings;
  Names negative;
  Names may;  // and these, or not
  // The same of the host.
  Names host;
  // How far the first of `findings` is to say that the clock moved, in sizes;
  // 0: it says nothing of it.
  int moves = 1;
  // Which of REALTIME - MONOTONIC ('a') and counter ('c') it moves, or both, or
  // the host's; two faults in one gap are told apart if they share none.
  std::string terms;
  bool either_sign = true;
  // True time goes by for as long as the size.
  bool lasts = false;
  // libvirt tells of it: what fell behind is explained by that, to the size.
  bool explained = false;
  // It leaves an offset of its size, on one guest or on all: a verdict tells of
  // it within two polls, from `judged_after` on.
  enum class Leaves { kNothing, kOffset, kOffsetOfAll };
  Leaves leaves = Leaves::kNothing;
  absl::Duration judged_after;
  // Until it is to be told; up to the size `small`, until `settle_small`.
  absl::Duration settle = absl::Seconds(20);
  absl::Duration small = absl::ZeroDuration();
  absl::Duration settle_small = absl::ZeroDuration();
  // Guests to which nothing is done.
  int others = 1;
  // It is over, or seen whole, in one gap between polls: a second fault fits
  // into the same. What shows over minutes does not, nor what has its own time.
  bool in_a_moment = true;
  // The mark itself is off, and nothing has proven it since: nobody is judged,
  // or is called right or wrong.
  bool unjudged = false;
  // It happens shortly before midnight.
  bool at_midnight = false;
};

// In fault_kinds.cc.
absl::Span<const FaultKind> AllFaultKinds();
absl::Span<const absl::Duration> AllFaultSizes();

// How often it was told as it is.
struct Cell {
  uint64_t runs = 0;
  uint64_t right = 0;
  uint64_t verdict_right = 0;
  // Of those that are right: rates that the ways are too slow to prove (see
  // provable.h). Nothing is owed; what is told of them all the same is right.
  uint64_t unprovable = 0;
  // Of the faults that leave an offset, by a verdict: all, those for which it
  // took more than two polls, and how long it took.
  uint64_t flagged = 0;
  uint64_t flagged_late = 0;
  absl::Duration slowest;
  // A guest to which nothing was done, or any for what the host did.
  uint64_t blamed = 0;
  uint64_t breaches = 0;
  std::string example;  // of what was told instead

  bool Good() const {
    return right == runs && verdict_right == runs && flagged_late == 0 &&
           blamed == 0 && breaches == 0;
  }
  void Add(const Cell& other);
};

Cell RunFault(const FaultKind& kind, absl::Duration size, uint64_t seed,
              Fleet::Observer* onlooker = nullptr);
// Both to one guest, in one gap between two polls.
Cell RunPair(const FaultKind& one, const FaultKind& other, uint64_t seed,
             Fleet::Observer* onlooker = nullptr);
// Neither hides the other: they have no term in common.
bool ArePair(const FaultKind& one, const FaultKind& other);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_MATRIX_H_
