#include "tests/simulation/correction_world.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/correction_run.h"
#include "tests/simulation/correction_swarm.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
// After the last fault everything is at peace within two leases.
constexpr absl::Duration kTwoLeases = absl::Seconds(240);

struct KindTraits {
  const char* name;
  absl::Duration offset;
  CorrectionMethod method;
  bool quiesces;
  bool corrects;
  absl::Duration hold_max;
};

KindTraits TraitsOf(CorrectionKind kind) {
  switch (kind) {
    case CorrectionKind::kStepBack:
      return {"step back", 60 * kSecond, CorrectionMethod::kStep,
              true,        true,         {}};
    case CorrectionKind::kStepAndHold:
      return {"step and hold", 5 * kSecond, CorrectionMethod::kStep, true, true,
              10 * kSecond};
    case CorrectionKind::kSlew:
      return {
          "slew", absl::Milliseconds(50), CorrectionMethod::kSlew, false, true,
          {}};
    case CorrectionKind::kStepForward:
      return {"step forward", -30 * kSecond, CorrectionMethod::kStep,
              false,          true,          {}};
    case CorrectionKind::kQuiesceOnly:
      return {"quiesce only", kSecond, CorrectionMethod::kStep,
              true,           false,   {}};
  }
  return {};
}

CorrectionHost::Options OptionsOf(const KindTraits& traits) {
  CorrectionHost::Options options;
  options.method = traits.method;
  options.quiesces = traits.quiesces;
  options.corrects = traits.corrects;
  options.hold_max = traits.hold_max;
  return options;
}

}  // namespace

std::string CorrectionKindName(CorrectionKind kind) {
  return TraitsOf(kind).name;
}

void CorrectionTally::Add(const CorrectionTally& other) {
  runs += other.runs;
  points += other.points;
  deaths += other.deaths;
  moves += other.moves;
  const auto add = [](auto& to, const auto& from) {
    for (const auto& [name, count] : from) to[name] += count;
  };
  add(results, other.results);
  add(outcomes, other.outcomes);
  add(faults, other.faults);
  add(breaches, other.breaches);
  for (const std::string& word : other.words) {
    if (words.size() < 10) words.push_back(word);
  }
}

CorrectionTally RunCorrection(CorrectionKind kind, const Deaths& deaths,
                              std::ostream* tell) {
  const KindTraits traits = TraitsOf(kind);
  GuestCorrectionConfig config;
  config.has_hooks = true;
  CorrectionRun world(1, config, traits.offset, Mutation::kNone);
  world.checker.TellTo(tell, &world.agenda);
  CorrectionHost& host = world.AddHost(OptionsOf(traits));
  world.guest->SetDaemonHabit(DaemonHabit::kRestores);
  world.guest->TearAt(deaths.torn_bytes);
  host.TearAt(deaths.torn_bytes);
  if (deaths.power) world.guest->PlanKillsPower();
  for (const uint64_t point : deaths.points) world.kills.KillAt(point);
  if (deaths.clock_set_at != 0) {
    world.kills.DoAt(deaths.clock_set_at,
                     [&world] { world.guest->SetClock(7 * kSecond); });
  }
  if (deaths.guest_write != 0) {
    world.guest->Disk().FailAt(deaths.guest_write, deaths.fault,
                               deaths.for_good);
  }
  if (deaths.host_write != 0) {
    host.Disk().FailAt(deaths.host_write, deaths.fault, deaths.for_good);
  }
  world.guest->Start();
  host.PlanAt(kSecond);
  if (kind == CorrectionKind::kQuiesceOnly) {
    world.agenda.At(20 * kSecond, [&host] { host.Cancel(); });
  }
  // Until it is over, if it ever is without help.
  world.RunFor(5 * kSecond);
  const absl::Duration end = world.agenda.Time() + absl::Seconds(400);
  while (!world.AtPeace() && world.agenda.DoNext(end)) world.guest->Check();
  world.RunFor(5 * kSecond);
  world.ComeToPeace(kTwoLeases);
  return world.Tally();
}

CorrectionTally RunRandomCorrection(uint64_t seed, Mutation mutation,
                                    std::ostream* tell) {
  Random random(seed);
  KindTraits traits = TraitsOf(kAllCorrectionKinds[random.From(0, 4)]);
  if (traits.quiesces && random.OneIn(2)) {
    traits.offset = random.EitherSign(random.OneIn(4) ? absl::Seconds(4398)
                                                      : 130 * kSecond);
  }
  GuestCorrectionConfig config;
  config.has_hooks = random.OneIn(3);
  CorrectionRun world(random.Next(), config, traits.offset, mutation);
  world.checker.TellTo(tell, &world.agenda);
  const bool long_life = random.OneIn(12);
  const absl::Duration length =
      long_life ? absl::Minutes(50)
                : random.Between(20 * kSecond, 200 * kSecond);
  CorrectionHost::Options options = OptionsOf(traits);
  options.most_plans = long_life ? 5 : random.OneIn(3) ? 2 : 1;
  options.between_plans = random.OneIn(2) ? 40 * kSecond : absl::Minutes(11);
  options.epoch = 5;
  CorrectionHost& host = world.AddHost(options);
  Swarm swarm(world, random.Fork());
  if (swarm.Has("two owners", 0.2)) {
    options.number = 2;
    options.epoch = static_cast<uint64_t>(random.From(4, 6));
    world.AddHost(options).PlanAt(random.Between(kSecond, 30 * kSecond));
  }
  swarm.Plan(config.has_hooks, length);

  world.guest->Start();
  host.PlanAt(random.Between(kSecond, 3 * kSecond));
  world.RunFor(length);
  swarm.Stop();
  // A slew's lease is longer, and so is a guest's sleep.
  world.ComeToPeace(absl::Hours(2));
  CorrectionTally tally = world.Tally();
  tally.faults = swarm.Faults();
  if (!tally.breaches.empty()) {
    tally.words.push_back(
        absl::StrCat("simulate corrections --first ", seed,
                     " --count 1: ", tally.breaches.begin()->first));
  }
  return tally;
}

}  // namespace noonmark::simulation
