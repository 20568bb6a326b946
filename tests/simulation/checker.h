#ifndef NOONMARK_TESTS_SIMULATION_CHECKER_H_
#define NOONMARK_TESTS_SIMULATION_CHECKER_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/detect/verdict.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// What was looked at, and what was found wanting.
struct Tally {
  uint64_t exchanges = 0;
  uint64_t rows = 0;      // published and checked
  uint64_t offsets = 0;   // of them new offsets, compared with the truth
  uint64_t findings = 0;  // compared with the deeds
  uint64_t deeds = 0;
  std::array<uint64_t, 6> verdicts{};  // by Verdict, of the rows
  // By the name of the invariant.
  std::map<std::string, uint64_t> breaches;
  // Right that something happened, and the name or the size of it is not what
  // was done: several deeds in one gap.
  uint64_t misnamed = 0;
  // Right, and its window begins after what was done: an answer in between was
  // too wide to tell.
  uint64_t seen_late = 0;
  // The truth at T4, the moment that a row claims, is outside; at T3, where
  // the guest was read, it is inside. For information.
  uint64_t outside_at_t4 = 0;
  // The first few, in words.
  std::vector<std::string> words;

  uint64_t Broken() const;
  void Add(const Tally& other);
};

// Knows the truth, and compares all that is published with it.
//
//   truth-outside     an offset's interval does not hold the true offset
//   wrong-but-inside  wrong or differs, and the true offset is inside the
//                     threshold
//   ok-but-outside    ok, and the true offset is outside
//   glitch-is-wrong   wrong, and nothing happened but glitches
//   blamed            a finding, and nothing was done that it could mean
//   missed            an offset of threshold and width is not told within two
//                     polls that were answered
class Checker final : public Fleet::Observer {
 public:
  explicit Checker(Fleet& fleet);

  void OnAnswer(GuestId guest, const Asked& asked,
                const Exchange& exchange) override;
  void OnPublished(const HostSnapshot& snapshot) override;
  void OnDeed(GuestId guest, const Deed& deed) override;

  const Tally& tally() const { return tally_; }

 private:
  struct Seen {
    FindingCode code;
    uint32_t occurrences;
    MonotonicTime last_seen;
  };
  struct Guest {
    std::shared_ptr<const GuestRow> row;
    std::vector<Seen> seen;
    MonotonicTime measured;
    // All answers since then were outside by more than their width.
    std::optional<absl::Duration> outside_from;
    absl::Duration slowest;
    absl::Duration answered;
    absl::Duration doubtful_until;  // it lies, or did a short while ago
    bool honest_again = false;
    std::optional<MonotonicTime> misread;
    bool only_glitches = true;
  };
  void CheckRow(GuestId id, const GuestRow& row);
  void CheckOffset(GuestId id, const GuestRow& row);
  void CheckHostLeap(const Finding& finding);
  void CheckFinding(GuestId id, const Finding& finding);
  void CheckMovement(GuestId id, const Finding& finding);
  bool Explained(GuestId id, const Interval& size, bool set,
                 MonotonicTime since) const;
  bool Misread(GuestId id, MonotonicTime since) const;
  void CheckMissed(GuestId id);
  bool Did(GuestId id, DeedKind kind) const;
  void Breach(const std::string& invariant, GuestId id,
              const std::string& words);

  Fleet& fleet_;
  Thresholds thresholds_;
  std::vector<Guest> guests_;
  std::optional<MonotonicTime> host_leap_;  // the last that was looked at
  Tally tally_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CHECKER_H_
