#ifndef NOONMARK_TESTS_SIMULATION_TRUTH_H_
#define NOONMARK_TESTS_SIMULATION_TRUTH_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// How often a proof was compared with the truth, and did not hold it.
struct TruthTally {
  uint64_t exchanges = 0;
  // Not compared: the counter broke, or was misread, within the exchange; the
  // guest made its answer up.
  uint64_t broken = 0;
  uint64_t made_up = 0;
  struct Compared {
    uint64_t proofs = 0;
    uint64_t misses = 0;
  };
  Compared counters;   // guest RAW - host RAW, of each exchange
  Compared clocks;     // guest REALTIME - host REALTIME, of each exchange
  Compared published;  // the same, as the monitor shows it
  std::array<uint64_t, kDeedKinds> deeds{};  // by DeedKind
  std::vector<std::string> words;            // of the first misses

  uint64_t Misses() const {
    return counters.misses + clocks.misses + published.misses;
  }
  void Add(const TruthTally& other);
};

// Compares every proof with the truth: of each single exchange, before anything
// is thought of it, and of what is published.
class TruthWatch final : public Fleet::Observer {
 public:
  explicit TruthWatch(Fleet& fleet);

  void OnAnswer(GuestId guest, const Asked& asked,
                const Exchange& exchange) override;
  void OnPublished(const HostSnapshot& snapshot) override;
  void OnDeed(GuestId guest, const Deed& deed) override;

  const TruthTally& tally() const { return tally_; }

 private:
  void Compare(TruthTally::Compared& count, GuestId guest,
               const Interval& proof, testing::ExactTime truth);

  Fleet& fleet_;
  std::vector<MonotonicTime> measured_;  // by guest, what was compared last
  TruthTally tally_;
};

// A short life of every kind of fault, none left out.
TruthTally TruthOfALife(uint64_t seed);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_TRUTH_H_
