#ifndef NOONMARK_TESTS_SIMULATION_MACHINE_H_
#define NOONMARK_TESTS_SIMULATION_MACHINE_H_

#include <optional>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "tests/simulation/random.h"
#include "tests/simulation/traits.h"
#include "tests/support/virtual_machine.h"

namespace noonmark::simulation {

// A virtual machine that ages: its rate wanders and its time daemon works, both
// on a grid of 16 s that is caught up with when somebody looks, so that an idle
// machine costs nothing. Calls come in the order of true time.
class Machine {
 public:
  static constexpr absl::Duration kUpkeep = absl::Seconds(16);

  // `utc`: UTC at true time 0.
  Machine(const testing::VirtualMachine::Start& start,
          const ClockTraits& traits, Random random, absl::Duration utc);

  // What is due by `t` happens. Returns what its daemon set REALTIME by, which
  // is a deed. Every other call needs this before it.
  std::optional<absl::Duration> CatchUp(absl::Duration t);
  // For one that is looked at all the time: catch up just then.
  absl::Duration upkeep_at() const { return upkeep_at_; }

  ClockReading Read(absl::Duration t, const testing::Moments& moments) {
    return clocks_.Read(t, moments);
  }
  // How long the next group of readings, from `t` on, takes, by chance. One
  // that upkeep would fall into is read in no time: what runs on past that
  // would be read at the rate of before.
  testing::Moments DrawMoments(absl::Duration t);

  // Nothing of it runs until then: no daemon, no agent.
  void Freeze(absl::Duration until) { frozen_until_ = until; }
  bool FrozenAt(absl::Duration t) const { return t < frozen_until_; }
  absl::Duration frozen_until() const { return frozen_until_; }

  // Beyond drift and wander; also after a reboot.
  void SetRateFault(absl::Duration t, PartsPerBillion rate);
  // By hand, until the next upkeep changes it.
  void SetSlew(absl::Duration t, PartsPerBillion slew);
  void Reboot(absl::Duration t);
  void SetTraits(const ClockTraits& traits) {
    traits_ = traits;
    mostly_ = testing::Moments(testing::Bracket::Even(traits.bracket));
  }
  const ClockTraits& traits() const { return traits_; }

  // The mean of what MONOTONIC gains on true time now, in parts.
  double MonotonicRate() const {
    return static_cast<double>(rate_ + slew_) * 1e-9;
  }
  PartsPerBillion rate() const { return rate_; }
  // REALTIME minus UTC.
  absl::Duration Error(absl::Duration t) const;

  // A leap second is announced: at the midnight that its own REALTIME shows
  // next, a second is inserted (1) or deleted (-1). The bit stays until 20 s
  // after it.
  void AnnounceLeapSecond(int seconds);
  absl::Duration UntilMidnight(absl::Duration t) const;
  void InsertLeapSecond(absl::Duration t);
  void ForgetLeapSecond();

  // As adjtimex(2) shows it.
  KernelDiscipline Kernel() const;

  testing::VirtualMachine& clocks() { return clocks_; }
  const testing::VirtualMachine& clocks() const { return clocks_; }

 private:
  void ApplyRate(absl::Duration t);
  std::optional<absl::Duration> Discipline(absl::Duration t);

  testing::VirtualMachine clocks_;
  ClockTraits traits_;
  testing::Moments mostly_{testing::Bracket()};
  Random random_;
  absl::Duration upkeep_at_;
  absl::Duration frozen_until_;
  PartsPerBillion wandered_ = 0;
  PartsPerBillion fault_ = 0;
  PartsPerBillion rate_ = 0;
  PartsPerBillion slew_ = 0;
  absl::Duration utc_;
  int leap_seconds_ = 0;
  int32_t tai_offset_s_ = 37;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_MACHINE_H_
