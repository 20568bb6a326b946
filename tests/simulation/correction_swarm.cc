#include "tests/simulation/correction_swarm.h"

#include <memory>
#include <utility>

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

absl::Duration AnyJump(Random& random) {
  // From 11 ms to days, by powers.
  absl::Duration jump = absl::Milliseconds(11);
  for (int64_t i = random.From(0, 30); i > 0; --i) jump = jump * 17 / 10;
  return random.EitherSign(jump);
}

}  // namespace

bool Swarm::Has(const std::string& fault, double chance) {
  if (!random_.Chance(chance)) return false;
  ++faults_[fault];
  return true;
}

void Swarm::Somewhere(std::function<void()> deed) {
  world_.kills.DoAt(AnyPoint(), std::move(deed));
}

void Swarm::Sometime(absl::Duration within, std::function<void()> deed) {
  world_.agenda.At(random_.Between(kSecond, within),
                   [this, deed = std::move(deed)] {
                     if (!over_) deed();
                   });
}

uint64_t Swarm::AnyPoint() {
  return static_cast<uint64_t>(random_.From(1, random_.OneIn(2) ? 60 : 250));
}

DiskFault Swarm::AnyFault() {
  return static_cast<DiskFault>(
      random_.From(static_cast<int64_t>(DiskFault::kNoSpace),
                   static_cast<int64_t>(DiskFault::kSyncFails)));
}

ActFault Swarm::AnyActFault() {
  return random_.OneIn(2) ? ActFault::kFails : ActFault::kHangs;
}

FakeUnit& Swarm::AnyUnit() {
  auto& units = world_.guest->Units().All();
  return units[static_cast<size_t>(
      random_.From(0, static_cast<int64_t>(units.size()) - 1))];
}

void Swarm::Plan(bool has_hooks, absl::Duration length) {
  PlanDeaths(length);
  PlanHosts(length);
  PlanMigration();
  PlanUnits(length);
  PlanActs(has_hooks);
  PlanDisks();
}

// Machines: they die, hang, stand still.
void Swarm::PlanDeaths(absl::Duration length) {
  CorrectionGuest& guest = *world_.guest;
  if (Has("kill", 0.4)) {
    for (int64_t i = random_.From(1, 3); i > 0; --i) {
      world_.kills.KillAt(AnyPoint());
    }
    guest.TearAt(static_cast<size_t>(random_.From(0, 700)));
    for (const auto& host : world_.hosts) {
      host->TearAt(static_cast<size_t>(random_.From(0, 256)));
    }
  }
  if (Has("power", 0.1)) guest.PlanKillsPower();
  if (Has("reboot", 0.08)) Somewhere([&guest] { guest.Reboot(); });
  if (Has("corrector for good", 0.08)) {
    Somewhere([&guest] { guest.KillCorrector(true); });
  }
  if (Has("corrector hangs", 0.1)) {
    const absl::Duration time = random_.Between(kSecond, 300 * kSecond);
    Somewhere([&guest, time] { guest.HangCorrector(time); });
  }
  if (Has("guest stands still", 0.1)) {
    const absl::Duration time =
        random_.OneIn(4)
            ? random_.Between(kSecond, absl::Hours(1))
            : random_.Between(absl::Milliseconds(100), 90 * kSecond);
    const bool counts = random_.OneIn(2);
    // libvirt tells: a dom0 that cannot know would free a slot too early.
    const auto stand = [this, time, counts] {
      // Nobody tells a dom0 that the guest has left.
      if (!world_.guest->Answers() || world_.migrated) return;
      world_.guest->Freeze(time, counts);
      for (const auto& host : world_.hosts) host->Tell(DomainLife::kPaused);
      world_.agenda.After(time, [this] {
        for (const auto& host : world_.hosts) host->Tell(DomainLife::kRuns);
      });
    };
    random_.OneIn(2) ? Somewhere(stand) : Sometime(length, stand);
  }
}

// Hosts: they go, their clocks step, they lose the guest.
void Swarm::PlanHosts(absl::Duration length) {
  CorrectionHost& host = *world_.hosts[0];
  if (Has("dom0 gone", 0.1)) Somewhere([&host] { host.Leave(); });
  if (Has("dom0's clock set", 0.08)) {
    const absl::Duration by = AnyJump(random_);
    Somewhere([&host, by] { host.StepClock(by); });
  }
  if (Has("dom0 unproven", 0.08)) {
    Somewhere([&host] { host.Prove(false); });
    if (random_.OneIn(2)) {
      Sometime(length, [&host] { host.Prove(true); });
    }
  }
  if (Has("migrated away", 0.05)) {
    Somewhere([this, &host] {
      if (!world_.guest->Answers() || world_.migrated) return;
      world_.migrated = true;
      host.Tell(DomainLife::kMigratedAway);
      host.Net().cut_to_guest = true;
    });
  }
  if (Has("cancelled", 0.08)) Somewhere([&host] { host.Cancel(); });
  if (Has("network loses", 0.3)) {
    for (const auto& any : world_.hosts) any->Net().loss = 0.3 * random_.Unit();
  }
  if (Has("network duplicates", 0.5)) {
    for (const auto& any : world_.hosts) any->Net().duplicates = 0.5;
  }
  if (Has("network reorders", 0.4)) {
    for (const auto& any : world_.hosts) {
      any->Net().reorders = 0.3;
      any->Net().late = random_.Between(absl::Milliseconds(10), 30 * kSecond);
    }
  }
  if (Has("network cut", 0.15)) {
    const int64_t ways = random_.From(1, 3);
    const absl::Duration time = random_.Between(kSecond, 200 * kSecond);
    Somewhere([this, &host, ways, time] {
      host.Net().cut_to_guest = (ways & 1) != 0;
      host.Net().cut_to_host = (ways & 2) != 0;
      world_.agenda.After(time, [&host] {
        host.Net().cut_to_guest = host.Net().cut_to_host = false;
      });
    });
  }
}

// The guest goes to another dom0, which owns it from then on and corrects it
// itself. On the way it stands still.
void Swarm::PlanMigration() {
  if (!Has("migrated to another dom0", 0.06)) return;
  const absl::Duration down =
      random_.Between(absl::Milliseconds(50), 5 * kSecond);
  const absl::Duration plans_after = random_.Between({}, 60 * kSecond);
  const bool counts = random_.OneIn(2);
  Somewhere([this, down, plans_after, counts] {
    if (!world_.guest->Answers() || world_.migrated) return;
    world_.migrated = true;
    world_.guest->Freeze(down, counts);
    for (const auto& host : world_.hosts) {
      host->Tell(DomainLife::kMigratedAway);
      host->Net().cut_to_guest = host->Net().cut_to_host = true;
    }
    world_.agenda.After(down, [this, plans_after] {
      if (world_.healed) return;
      CorrectionHost::Options destination;
      destination.number = 3;
      destination.epoch = 7;
      world_.AddHost(destination).PlanAt(world_.agenda.Time() + plans_after);
    });
  });
}

// Services and clocks of the guest.
void Swarm::PlanUnits(absl::Duration length) {
  CorrectionGuest& guest = *world_.guest;
  guest.SetDaemonHabit(static_cast<DaemonHabit>(random_.From(0, 4)));
  for (FakeUnit& unit : guest.Units().All()) {
    unit.stop_takes = random_.Between({}, 5 * kSecond);
    unit.start_takes = random_.Between({}, 5 * kSecond);
    unit.ready_takes = random_.Between({}, 2 * kSecond);
  }
  if (Has("does not stop", 0.08)) {
    AnyUnit().failing_stops = 1;
  }
  if (Has("hangs as it stops", 0.05)) AnyUnit().hangs = true;
  if (Has("leaves a process", 0.08)) {
    AnyUnit().leaves_process = true;
  }
  if (Has("does not start", 0.1)) {
    AnyUnit().failing_starts =
        random_.OneIn(2) ? -1 : static_cast<int>(random_.From(1, 3));
  }
  if (Has("stops late", 0.05)) {
    // As systemd's own limit ends it, by SIGKILL.
    FakeUnit& unit = AnyUnit();
    unit.stop_takes = random_.Between(5 * kSecond, 100 * kSecond);
    unit.failing_stops = static_cast<int>(random_.From(0, 1));
  }
  if (Has("starts late", 0.08)) {
    FakeUnit& unit = AnyUnit();
    unit.start_takes = random_.Between(5 * kSecond, 100 * kSecond);
    unit.failing_starts = static_cast<int>(random_.From(0, 1));
  }
  if (Has("stop refused", 0.05)) AnyUnit().refused_stops = 1;
  if (Has("stop canceled", 0.05)) AnyUnit().canceled_stops = 1;
  if (Has("start refused", 0.05)) {
    AnyUnit().refused_starts =
        random_.OneIn(2) ? -1 : static_cast<int>(random_.From(1, 3));
  }
  if (Has("start canceled", 0.05)) {
    AnyUnit().canceled_starts = static_cast<int>(random_.From(1, 2));
  }
  if (Has("started by others", 0.15)) {
    for (int64_t i = random_.From(1, 3); i > 0; --i) {
      const std::string unit = AnyUnit().seen.unit;
      Somewhere([&guest, unit] { guest.StartByOthers(unit); });
    }
  }
  if (Has("stopped by a person", 0.1)) {
    const std::string unit = AnyUnit().seen.unit;
    Sometime(length, [&guest, unit] {
      if (guest.Machine() != nullptr && guest.Machine()->Idle()) {
        guest.StopByPerson(unit);
      }
    });
  }
  if (Has("clock set by others", 0.2)) {
    for (int64_t i = random_.From(1, 2); i > 0; --i) {
      const absl::Duration by = AnyJump(random_);
      Somewhere([&guest, by] { guest.SetClock(by); });
    }
  }
}

// What systemd and the kernel are asked for beside services.
void Swarm::PlanActs(bool has_hooks) {
  CorrectionGuest& guest = *world_.guest;
  GuestFaults& faults = guest.Faults();
  if (has_hooks && Has("hook to rest", 0.3)) {
    faults.quiesce_hook = AnyActFault();
  }
  if (has_hooks && Has("hook to return", 0.3)) {
    faults.resume_hook = AnyActFault();
  }
  if (Has("action before a start", 0.1)) faults.before_start = AnyActFault();
  if (Has("action after the step", 0.1)) faults.after_step = AnyActFault();
  if (Has("timer", 0.04)) faults.dead_man = AnyActFault();
  if (Has("hold's begin", 0.04)) faults.hold = AnyActFault();
  if (Has("hold's end", 0.08)) faults.hold_end = AnyActFault();
  if (Has("kernel refuses", 0.05)) faults.clock_refuses = true;
  if (Has("systemd not reached", 0.12)) {
    const absl::Duration time =
        random_.OneIn(3)
            ? random_.Between(kSecond, 300 * kSecond)
            : random_.Between(absl::Milliseconds(10), 30 * kSecond);
    Somewhere([&guest, time] { guest.LoseSystemd(time); });
  }
}

void Swarm::PlanDisks() {
  const auto fail = [&](FaultDisk& disk) {
    disk.FailAt(static_cast<uint64_t>(random_.From(1, 12)), AnyFault(),
                random_.OneIn(3));
  };
  if (Has("guest's disk", 0.15)) fail(world_.guest->Disk());
  if (Has("noonmark-resume's disk", 0.08)) fail(world_.guest->MarkDisk());
  if (Has("dom0's disk", 0.1)) fail(world_.hosts[0]->Disk());
}

}  // namespace noonmark::simulation
