// What is done to a fleet, and that it is written down.

#include <utility>

#include "tests/simulation/fleet.h"

namespace noonmark::simulation {

std::string_view DeedName(DeedKind kind) {
  switch (kind) {
    case DeedKind::kSet:
      return "set";
    case DeedKind::kLeapSecond:
      return "leap second";
    case DeedKind::kLeap:
      return "leap";
    case DeedKind::kTimekeeping:
      return "timekeeping leap";
    case DeedKind::kStoodStill:
      return "stood still";
    case DeedKind::kSlept:
      return "slept";
    case DeedKind::kFrozen:
      return "frozen";
    case DeedKind::kGlitch:
      return "glitch";
    case DeedKind::kMigrated:
      return "migrated";
    case DeedKind::kFight:
      return "fight";
    case DeedKind::kSlew:
      return "slew";
    case DeedKind::kRate:
      return "rate";
    case DeedKind::kReboot:
      return "reboot";
    case DeedKind::kLies:
      return "lies";
    case DeedKind::kHonest:
      return "honest";
  }
  return "";
}

bool Fleet::Later(GuestId id, std::function<void()> happen) {
  Guest& g = at(id);
  if (g.machine.FrozenAt(now())) {
    At(g.machine.frozen_until() + absl::Microseconds(1), std::move(happen));
    return true;
  }
  CatchUp(id);
  return false;
}

void Fleet::WriteDown(GuestId id, DeedKind kind, absl::Duration size) {
  const Deed deed = {kind, size, now(), Now()};
  (id == kHost ? host_deeds_ : at(id).deeds).push_back(deed);
  for (Observer* observer : observers_) observer->OnDeed(id, deed);
}

void Fleet::NotifyOfSet(GuestId id) {
  Guest& g = at(id);
  if (g.link != nullptr && !g.down) {
    Push(Delivery(g, false), Kind::kEvent, id, g.link_id);
  }
}

void Fleet::Set(GuestId id, absl::Duration by, bool told) {
  if (Later(id, [=, this] { Set(id, by, told); })) return;
  at(id).machine.clocks().SetRealtime(now(), by, told);
  WriteDown(id, DeedKind::kSet, by);
  if (told) NotifyOfSet(id);
}

void Fleet::Leap(GuestId id, absl::Duration by) {
  if (Later(id, [=, this] { Leap(id, by); })) return;
  at(id).machine.clocks().Leap(now(), by);
  ++at(id).leaps;
  WriteDown(id, DeedKind::kLeap, by);
}

void Fleet::LeapSecond(GuestId id, int seconds) {
  if (id != kHost && Later(id, [=, this] { LeapSecond(id, seconds); })) return;
  machine(id).AnnounceLeapSecond(seconds);
  AwaitLeapSecond(id, seconds);
}

// A second is inserted at midnight, or the last one of the day deleted.
void Fleet::AwaitLeapSecond(GuestId id, int seconds) {
  if (id != kHost && Later(id, [=, this] { AwaitLeapSecond(id, seconds); })) {
    return;
  }
  absl::Duration left = machine(id).UntilMidnight(now());
  if (seconds < 0) left -= absl::Seconds(1);
  const bool passed = left > absl::Hours(24) - absl::Seconds(1);
  if (left > absl::Microseconds(1) && !passed) {
    At(now() + left, [=, this] { AwaitLeapSecond(id, seconds); });
    return;
  }
  machine(id).InsertLeapSecond(now());
  WriteDown(id, DeedKind::kLeapSecond, -absl::Seconds(seconds));
  if (id == kHost) {
    monitor_->OnHostClockSet();
  } else {
    NotifyOfSet(id);
  }
  At(now() + absl::Seconds(20), [=, this] { machine(id).ForgetLeapSecond(); });
}

void Fleet::LeapTimekeeping(GuestId id, absl::Duration by) {
  if (Later(id, [=, this] { LeapTimekeeping(id, by); })) return;
  at(id).machine.clocks().LeapTimekeeping(now(), by);
  ++at(id).leaps;
  WriteDown(id, DeedKind::kTimekeeping, by);
}

void Fleet::Glitch(GuestId id, absl::Duration by, int groups,
                   unsigned readings) {
  at(id).glitches.push_back({by, groups, readings});
}

void Fleet::Pause(GuestId id, absl::Duration lasting, bool tell,
                  bool migrates) {
  at(id).machine.Freeze(now() + lasting);
  if (!tell) return;
  const LifecycleCause cause =
      migrates ? LifecycleCause::kMigration : LifecycleCause::kOther;
  Tell(id, LifecycleEvent::kSuspended, migrates ? "migrated" : "paused", cause);
  At(now() + lasting, [=, this] {
    if (at(id).machine.FrozenAt(now())) return;
    Tell(id, LifecycleEvent::kResumed, migrates ? "migrated" : "unpaused",
         cause);
  });
}

void Fleet::StandStill(GuestId id, absl::Duration lasting, bool tell) {
  if (Later(id, [=, this] { StandStill(id, lasting, tell); })) return;
  at(id).machine.clocks().StandStill(now(), lasting);
  WriteDown(id, DeedKind::kStoodStill, lasting);
  Pause(id, lasting, tell);
}

void Fleet::Freeze(GuestId id, absl::Duration lasting, bool tell) {
  if (Later(id, [=, this] { Freeze(id, lasting, tell); })) return;
  WriteDown(id, DeedKind::kFrozen, lasting);
  Pause(id, lasting, tell);
}

void Fleet::SaveAndRestore(GuestId id, absl::Duration lasting, bool tell) {
  if (Later(id, [=, this] { SaveAndRestore(id, lasting, tell); })) return;
  at(id).machine.clocks().Sleep(now(), lasting);
  WriteDown(id, DeedKind::kSlept, lasting);
  Pause(id, lasting, tell);
}

void Fleet::Migrate(GuestId id, absl::Duration downtime, PartsPerBillion rate) {
  if (Later(id, [=, this] { Migrate(id, downtime, rate); })) return;
  WriteDown(id, DeedKind::kMigrated, downtime);
  SetRate(id, rate);
  at(id).machine.clocks().StandStill(now(), downtime);
  WriteDown(id, DeedKind::kStoodStill, downtime);
  Pause(id, downtime, /*tell=*/true, /*migrates=*/true);
}

void Fleet::Reboot(GuestId id, absl::Duration lasting) {
  if (Later(id, [=, this] { Reboot(id, lasting); })) return;
  Guest& g = at(id);
  g.down = true;
  BreakStream(id);
  At(now() + lasting, [=, this] { ComeUp(id); });
}

void Fleet::ComeUp(GuestId id) {
  if (Later(id, [=, this] { ComeUp(id); })) return;
  Guest& g = at(id);
  g.machine.Reboot(now());
  g.down = false;
  WriteDown(id, DeedKind::kReboot, absl::ZeroDuration());
}

void Fleet::SetRate(GuestId id, PartsPerBillion beyond_drift) {
  if (Later(id, [=, this] { SetRate(id, beyond_drift); })) return;
  at(id).machine.SetRateFault(now(), beyond_drift);
  WriteDown(id, DeedKind::kRate, absl::Nanoseconds(beyond_drift));
}

void Fleet::Slew(GuestId id, PartsPerBillion slew) {
  if (Later(id, [=, this] { Slew(id, slew); })) return;
  at(id).machine.SetSlew(now(), slew);
  WriteDown(id, DeedKind::kSlew, absl::Nanoseconds(slew));
}

void Fleet::SetDiscipline(GuestId id, Discipline discipline) {
  ClockTraits traits = at(id).machine.traits();
  traits.discipline = discipline;
  at(id).machine.SetTraits(traits);
}

void Fleet::SetNetwork(GuestId id, const NetworkTraits& network) {
  at(id).traits.network = network;
}

void Fleet::SetSteal(GuestId id, const StealTraits& steal) {
  at(id).traits.steal = steal;
}

void Fleet::Partition(GuestId id, absl::Duration lasting) {
  at(id).partition_until = now() + lasting;
}

void Fleet::BreakStream(GuestId id) {
  Guest& g = at(id);
  if (g.link != nullptr) Push(now(), Kind::kBreak, id, g.link_id);
}

void Fleet::Lie(GuestId id, absl::Duration lasting) {
  at(id).lying = true;
  WriteDown(id, DeedKind::kLies, lasting);
  At(now() + lasting, [=, this] {
    at(id).lying = false;
    WriteDown(id, DeedKind::kHonest, absl::ZeroDuration());
  });
}

void Fleet::Babble(GuestId id, absl::Duration lasting) {
  at(id).babbling = true;
  At(now() + lasting, [=, this] { at(id).babbling = false; });
}

void Fleet::StepHost(absl::Duration by, bool told) {
  host_.clocks().SetRealtime(now(), by);
  WriteDown(kHost, DeedKind::kSet, by);
  discipline_.status |= kUnsynchronised;
  synchronised_at_ = now() + options_.resync;
  At(synchronised_at_, [this] {
    if (now() >= synchronised_at_) discipline_.status &= ~kUnsynchronised;
  });
  if (told) monitor_->OnHostClockSet();
}

void Fleet::LeapHost(absl::Duration by) {
  host_.clocks().Leap(now(), by);
  now_read_at_ = -1;
  WriteDown(kHost, DeedKind::kLeap, by);
  tick_at_.reset();
}

void Fleet::SlewHost(PartsPerBillion slew) {
  host_.SetSlew(now(), slew);
  tick_at_.reset();
}

void Fleet::SetHostRate(PartsPerBillion beyond_drift) {
  host_.SetRateFault(now(), beyond_drift);
  WriteDown(kHost, DeedKind::kRate, absl::Nanoseconds(beyond_drift));
  tick_at_.reset();
}

}  // namespace noonmark::simulation
