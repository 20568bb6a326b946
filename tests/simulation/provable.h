#ifndef NOONMARK_TESTS_SIMULATION_PROVABLE_H_
#define NOONMARK_TESTS_SIMULATION_PROVABLE_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// Which rates can be proven at all over the ways that there are, from the truth
// and from the lengths of the ways alone: a way is as wide as the shortest
// round trip of a poll, and over a time T it leaves width / T of a rate open.
class ProvableRates final : public Fleet::Observer {
 public:
  explicit ProvableRates(Fleet& fleet);

  void OnAnswer(GuestId guest, const Asked& asked, const Exchange&) override;
  void OnDeed(GuestId, const Deed&) override {}
  void OnPublished(const HostSnapshot&) override {}

  // The guest's counter ran off from the host's by so much, in any `time`
  // since `from`, that each poll's bound proves more than `ppm`, whichever two
  // polls so far apart are taken.
  bool IsProvable(GuestId guest, double ppm, absl::Duration from,
                  absl::Duration time) const;

 private:
  struct Poll {
    absl::Duration at;
    absl::Duration width;
    absl::Duration counter;  // guest RAW - host RAW
  };
  std::vector<std::vector<Poll>> polls_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_PROVABLE_H_
