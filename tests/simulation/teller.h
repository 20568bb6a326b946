#ifndef NOONMARK_TESTS_SIMULATION_TELLER_H_
#define NOONMARK_TESTS_SIMULATION_TELLER_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

// Writes down what happens to one guest and to the host, and what is said of
// it, for a person who looks into a failing seed.
class Teller final : public Fleet::Observer {
 public:
  Teller(std::ostream& out, GuestId guest, absl::Duration from,
         absl::Duration to)
      : out_(out), guest_(guest), from_(from), to_(to) {}

  void OnAnswer(GuestId guest, const Asked& asked,
                const Exchange& exchange) override;
  void OnPublished(const HostSnapshot& snapshot) override;
  void OnDeed(GuestId guest, const Deed& deed) override;

 private:
  std::ostream& out_;
  GuestId guest_;
  absl::Duration from_;
  absl::Duration to_;
  absl::Duration now_;
  std::string said_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_TELLER_H_
