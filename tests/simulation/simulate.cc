#include "tests/simulation/simulate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark::simulation {
namespace {

constexpr PartsPerBillion kPpm = 1000;

// Of either sign, of any order from a millisecond to a day; often one that has
// a name.
absl::Duration AnySize(Random& random) {
  constexpr absl::Duration kNamed[] = {absl::Nanoseconds(int64_t{1} << 42),
                                       absl::Nanoseconds(int64_t{1} << 40),
                                       absl::Seconds(1),
                                       absl::Seconds(3600),
                                       absl::Nanoseconds(int64_t{1} << 32),
                                       absl::Hours(24)};
  if (random.OneIn(3)) {
    return random.EitherSign(kNamed[static_cast<size_t>(random.From(0, 5))]);
  }
  absl::Duration most = absl::Milliseconds(10);
  for (int64_t i = random.From(0, 6); i > 0; --i) most *= 10;
  return random.EitherSign(random.Between(most / 10, most));
}

// At most so long that a short life goes on after it.
absl::Duration AnyPause(Random& random) {
  return random.OneIn(2)
             ? random.Between(absl::Milliseconds(1), absl::Seconds(2))
             : random.Between(absl::Seconds(2), absl::Seconds(90));
}

NetworkTraits AnyNetwork(Random& random) {
  NetworkTraits network;
  network.least =
      random.Between(absl::Microseconds(20), absl::Microseconds(400));
  network.queue = random.Between(absl::Microseconds(5), absl::Milliseconds(1));
  if (random.OneIn(2)) {
    network.tail_one_in = static_cast<int>(random.From(20, 400));
    network.tail = random.OneIn(4) ? absl::Seconds(2) : absl::Milliseconds(100);
  }
  if (random.OneIn(3))
    network.extra_out =
        random.Between(absl::ZeroDuration(), absl::Milliseconds(20));
  if (random.OneIn(3))
    network.extra_back =
        random.Between(absl::ZeroDuration(), absl::Milliseconds(20));
  if (random.OneIn(4))
    network.loss_one_in = static_cast<int>(random.From(2000, 20000));
  return network;
}

void DoSomething(Fleet& fleet, Random& random, absl::Duration when) {
  const GuestId g = static_cast<GuestId>(random.From(0, fleet.guests() - 1));
  Moment at = fleet.At(when);
  switch (random.From(0, 25)) {
    case 0:
    case 1:
      at.Set(g, AnySize(random), /*told=*/!random.OneIn(4));
      break;
    case 2:
    case 3:
      at.Leap(g, AnySize(random));
      break;
    case 4:
    case 5:
      at.Glitch(g, AnySize(random), static_cast<int>(random.From(0, 20)));
      break;
    case 6:
      at.Glitch(g, AnySize(random), static_cast<int>(random.From(0, 20)),
                static_cast<unsigned>(random.From(1, 31)));
      break;
    case 7:
      at.StandStill(g, AnyPause(random), random.OneIn(2));
      break;
    case 8:
      at.Freeze(g, AnyPause(random), random.OneIn(2));
      break;
    case 9:
      at.SaveAndRestore(g, AnyPause(random), random.OneIn(2));
      break;
    case 10:
      at.Migrate(g, random.Between(absl::Milliseconds(20), absl::Seconds(5)),
                 random.From(-300, 300) * kPpm);
      break;
    case 11:
      at.Reboot(g, random.Between(absl::Seconds(5), absl::Seconds(60)));
      break;
    case 12:
      at.SetRate(g, random.From(-300, 300) * kPpm);
      break;
    case 13:
      at.Slew(g, random.OneIn(2) ? (random.OneIn(2) ? 83'333 : -83'333) * kPpm
                                 : random.From(-500, 500) * kPpm);
      break;
    case 14:
      at.Partition(g, AnyPause(random));
      break;
    case 15:
      at.BreakStream(g);
      break;
    case 16: {
      NetworkTraits slow;
      (random.OneIn(2) ? slow.extra_out : slow.extra_back) =
          random.Between(absl::Milliseconds(100), absl::Seconds(3));
      at.Over(g, slow);
      fleet.At(when + random.Between(absl::Seconds(5), absl::Seconds(90)))
          .Over(g, NetworkTraits());
      break;
    }
    case 17: {
      StealTraits steal;
      steal.one_in = static_cast<int>(random.From(1, 4));
      steal.longest = random.Between(absl::Milliseconds(10), absl::Seconds(2));
      at.Steal(g, steal);
      fleet.At(when + random.Between(absl::Seconds(5), absl::Seconds(60)))
          .Steal(g, StealTraits());
      break;
    }
    case 18:
      at.Lie(g, random.Between(absl::Seconds(1), absl::Seconds(60)));
      break;
    case 19:
    case 20:
      at.StepHost(AnySize(random), random.OneIn(2));
      break;
    case 21:
      at.SlewHost(random.From(-83'333, 83'333) * kPpm);
      break;
    case 22:
      LetDaemonsFight(fleet, g, when, AnySize(random),
                      static_cast<Fight>(random.From(0, 2)));
      break;
    case 23:
      at.LeapSecond(random.OneIn(5) ? Fleet::kHost : g,
                    random.OneIn(3) ? -1 : 1);
      break;
    case 24:
      at.SetHostRate(random.From(-100, 100) * kPpm);
      break;
    case 25: {
      const absl::Duration size = AnySize(random);
      at.Then([=](Fleet& f) { f.LeapTimekeeping(g, size); });
      break;
    }
  }
}

}  // namespace

GuestTraits AnySoundGuest(Random& random) {
  GuestTraits traits;
  constexpr Discipline kKinds[] = {Discipline::kNtpd, Discipline::kChrony,
                                   Discipline::kSlewer};
  traits.clock.discipline = kKinds[static_cast<size_t>(random.From(0, 2))];
  traits.clock.drift = random.From(-35, 35) * kPpm;
  traits.clock.wander = random.From(0, 10) * kPpm;
  traits.clock.discipline_error =
      random.Between(absl::Microseconds(10), absl::Milliseconds(20));
  traits.clock.bracket =
      random.Between(absl::Nanoseconds(40), absl::Microseconds(2));
  traits.clock.longest_bracket = absl::Microseconds(20);
  traits.network = AnyNetwork(random);
  if (random.OneIn(3)) {
    traits.steal.one_in = static_cast<int>(random.From(10, 1000));
    traits.steal.longest =
        random.Between(absl::Milliseconds(1), absl::Seconds(1));
  }
  return traits;
}

ClockTraits AnySoundHost(Random& random) {
  ClockTraits traits;
  traits.discipline =
      random.OneIn(2) ? Discipline::kChrony : Discipline::kSlewer;
  traits.drift = random.From(-35, 35) * kPpm;
  traits.wander = random.From(0, 10) * kPpm;
  traits.discipline_error = absl::Milliseconds(1);
  return traits;
}

Tally Soak(uint64_t seed, int guests, absl::Duration lasting,
           absl::Duration interval) {
  Random random(seed);
  FleetOptions options;
  options.host = AnySoundHost(random);
  options.monitor.session.interval = interval;
  Fleet fleet(random.Next(), options);
  for (int i = 0; i < guests; ++i) {
    fleet.AddGuest(
        absl::StrCat("guest-", i), AnySoundGuest(random),
        random.Between(-absl::Milliseconds(5), absl::Milliseconds(5)));
  }
  Checker checker(fleet);
  fleet.Run(lasting);
  return checker.tally();
}

void LetDaemonsFight(Fleet& fleet, GuestId guest, absl::Duration when,
                     absl::Duration size, Fight fight) {
  constexpr PartsPerBillion kChrony = 83'333'000;
  // As fast as it takes to go the whole way in ten seconds.
  const PartsPerBillion rate = std::clamp<PartsPerBillion>(
      static_cast<PartsPerBillion>(absl::ToDoubleSeconds(size) * 1e8), -kChrony,
      kChrony);
  fleet.At(when).Then([=](Fleet& f) { f.Call(guest, DeedKind::kFight, size); });
  for (int i = 0; i < 6; ++i) {
    const absl::Duration at = when + absl::Seconds(11) * i;
    const int sign = i % 2 == 0 ? 1 : -1;
    switch (fight) {
      case Fight::kBothSet:
        fleet.At(at).Set(guest, size * sign);
        break;
      case Fight::kOneSetsOneSlews:
        fleet.At(at).Set(guest, size);
        fleet.At(at + absl::Milliseconds(300)).Slew(guest, -rate);
        break;
      case Fight::kBothSlew:
        fleet.At(at).Slew(guest, rate * sign);
        break;
    }
  }
  if (fight != Fight::kBothSet) {
    fleet.At(when + absl::Seconds(66)).Slew(guest, 0);
  }
}

std::unique_ptr<Fleet> MakeShortLife(uint64_t seed) {
  Random random(seed);
  FleetOptions options;
  options.host = AnySoundHost(random);
  if (random.OneIn(3)) options.host.discipline = Discipline::kNone;
  if (random.OneIn(4)) options.max_error.reset();
  if (random.OneIn(4)) {
    options.monitor.host.trust = HostTrust::kDeclared;
  }
  // A leap second is announced at most so long before its midnight.
  options.utc -=
      random.Between(absl::ZeroDuration(), kShortLife + absl::Minutes(2));
  auto fleet = std::make_unique<Fleet>(random.Next(), options);
  for (int i = 0; i < 4; ++i) {
    GuestTraits traits = AnySoundGuest(random);
    if (random.OneIn(3)) traits.clock.discipline = Discipline::kNone;
    fleet->AddGuest(absl::StrCat("guest-", i), traits,
                    random.OneIn(8) ? AnySize(random) : absl::ZeroDuration());
  }
  for (int64_t faults = random.From(5, 9); faults > 0; --faults) {
    const absl::Duration when =
        random.Between(absl::Seconds(1), absl::Seconds(540));
    DoSomething(*fleet, random, when);
    // Now and then another comes into the same gap.
    if (random.OneIn(5)) {
      DoSomething(
          *fleet, random,
          when + random.Between(absl::ZeroDuration(), absl::Seconds(3)));
    }
  }
  return fleet;
}

Tally ShortLife(uint64_t seed, Fleet::Observer* onlooker,
                std::function<void(const CoreInput&)> record) {
  const std::unique_ptr<Fleet> fleet = MakeShortLife(seed);
  if (onlooker != nullptr) fleet->Observe(onlooker);
  if (record != nullptr) fleet->OnInput(std::move(record));
  Checker checker(*fleet);
  fleet->Run(kShortLife);
  return checker.tally();
}

}  // namespace noonmark::simulation
