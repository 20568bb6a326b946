// The rows of the matrix: one kind of fault each.

#include <algorithm>
#include <utility>

#include "common/detect/finding.h"
#include "tests/simulation/matrix.h"
#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

constexpr PartsPerBillion kPpm = 1000;
// Three of the longest baselines, of 20 min: the fault begins within the first.
constexpr absl::Duration kSlowest = absl::Minutes(65);

PartsPerBillion WithSign(PartsPerBillion rate, absl::Duration size) {
  return size < absl::ZeroDuration() ? -rate : rate;
}

void AddHostKinds(std::vector<FaultKind>& kinds) {
  FaultKind k;
  k.name = "host step";
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration s) {
    f.At(t).StepHost(s);
  };
  k.findings = k.negative = {"left-behind-by-host-step"};
  k.host = {"host-stepped"};
  k.terms = "e";
  k.leaves = FaultKind::Leaves::kOffsetOfAll;
  // Its kernel is unsynchronised for so long: nobody is judged.
  k.judged_after = FleetOptions().resync;
  k.settle = FleetOptions().resync + absl::Seconds(25);
  kinds.push_back(std::exchange(k, {}));

  k.name = "host counter jump";
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration s) {
    f.At(t).LeapHost(s);
  };
  k.host = {"host-counter-jump"};
  k.terms = "ceh";
  k.either_sign = false;
  k.unjudged = true;
  k.settle = absl::Seconds(30);
  k.others = 3;
  kinds.push_back(std::exchange(k, {}));

  k.name = "host rate";
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration s) {
    // The larger the size, the larger the rate: 150 ppm to 20,000 ppm.
    const PartsPerBillion rate = std::clamp<PartsPerBillion>(
        absl::ToInt64Seconds(absl::AbsDuration(s)) * kPpm, 150 * kPpm,
        20'000 * kPpm);
    f.At(t).SetHostRate(WithSign(rate, s));
  };
  k.host = {"host-rate"};
  k.moves = 0;
  k.terms = "h";
  k.settle = absl::Minutes(15);
  k.small = absl::Seconds(150);
  k.settle_small = kSlowest;
  k.others = 3;  // two may agree by chance, four do not
  kinds.push_back(std::exchange(k, {}));
}

void AddSetsAndLeaps(std::vector<FaultKind>& kinds) {
  FaultKind k;
  k.name = "guest set";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Set(g, s);
  };
  k.findings = k.negative = {"clock-set"};
  k.terms = "a";
  k.leaves = FaultKind::Leaves::kOffset;
  kinds.push_back(k);

  k.name = "set, untold";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Set(g, s, /*told=*/false);
  };
  kinds.push_back(std::exchange(k, {}));

  k.name = "counter jump";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Leap(g, s);
  };
  k.findings = {"counter-jump"};
  k.negative = {"stood-still"};
  k.terms = "c";
  k.leaves = FaultKind::Leaves::kOffset;
  kinds.push_back(std::exchange(k, {}));

  k.name = "glitch";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Glitch(g, s, static_cast<int>(absl::ToInt64Seconds(t) % 16));
  };
  k.findings = k.negative = {"read-glitch"};
  k.terms = "ac";
  kinds.push_back(std::exchange(k, {}));
}

void AddPauses(std::vector<FaultKind>& kinds) {
  FaultKind k;
  k.name = "pause";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).StandStill(g, s);
  };
  k.findings = {"stood-still"};
  k.moves = -1;
  k.terms = "c";
  k.either_sign = false;
  k.lasts = true;
  k.explained = true;
  k.leaves = FaultKind::Leaves::kOffset;
  kinds.push_back(k);

  k.name = "save/restore";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).SaveAndRestore(g, s);
  };
  k.findings = {"caught-up"};
  k.terms = "ac";
  k.leaves = FaultKind::Leaves::kNothing;
  kinds.push_back(std::exchange(k, {}));

  k.name = "migration";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Migrate(g, s, /*rate=*/30 * kPpm);
  };
  k.findings = {"migrated"};
  k.may = {"stood-still"};
  k.moves = 0;
  k.terms = "c";
  k.either_sign = false;
  k.lasts = true;
  k.explained = true;
  k.leaves = FaultKind::Leaves::kOffset;
  kinds.push_back(std::exchange(k, {}));
}

void AddSlowFaults(std::vector<FaultKind>& kinds) {
  FaultKind k;
  k.name = "rate fault";
  k.in_a_moment = false;
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    // The larger the size, the larger the rate: 250 ppm to 20,000 ppm.
    const PartsPerBillion rate = std::clamp<PartsPerBillion>(
        absl::ToInt64Milliseconds(absl::AbsDuration(s)) * kPpm / 60, 250 * kPpm,
        20'000 * kPpm);
    f.At(t).SetRate(g, WithSign(rate, s));
  };
  k.findings = k.negative = {"rate-fault"};
  k.moves = 0;
  k.terms = "r";
  k.settle = absl::Minutes(15);
  k.small = absl::Seconds(15);
  k.settle_small = kSlowest;
  kinds.push_back(std::exchange(k, {}));

  k.name = "fighting daemons";
  k.in_a_moment = false;
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    LetDaemonsFight(f, g, t, s,
                    static_cast<Fight>(absl::ToInt64Milliseconds(t) % 3));
  };
  k.findings = k.negative = {"two-masters"};
  k.may = {"clock-set", "slewing"};
  k.moves = 0;
  k.terms = "a";
  k.settle = absl::Minutes(2);
  kinds.push_back(std::exchange(k, {}));

  k.name = "asymmetric path";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    NetworkTraits slow;
    (s < absl::ZeroDuration() ? slow.extra_out : slow.extra_back) =
        std::min(absl::AbsDuration(s), absl::Seconds(4));
    f.At(t).Over(g, slow);
  };
  k.moves = 0;
  k.terms = "n";
  k.settle = absl::Minutes(1);
  kinds.push_back(k);

  k.name = "steal";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    // Thrice in an exchange: three polls without an answer would be silence.
    f.At(t).Steal(g, {1, std::min(absl::AbsDuration(s), absl::Seconds(3))});
  };
  kinds.push_back(std::exchange(k, {}));
}

void AddLeapSeconds(std::vector<FaultKind>& kinds) {
  FaultKind k;
  k.name = "leap second";
  k.in_a_moment = false;
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).LeapSecond(g, s < absl::ZeroDuration() ? -1 : 1);
  };
  k.findings = k.negative = {"leap-second"};
  k.moves = 0;
  k.terms = "a";
  k.settle = absl::Seconds(40);
  k.at_midnight = true;
  k.leaves = FaultKind::Leaves::kOffset;
  k.judged_after = absl::Seconds(15);
  kinds.push_back(k);

  // Everybody's, as it is meant to be.
  k.name = "leap second of all";
  k.in_a_moment = false;
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration s) {
    for (GuestId id = Fleet::kHost; id < f.guests(); ++id) {
      f.At(t).LeapSecond(id, s < absl::ZeroDuration() ? -1 : 1);
    }
  };
  k.host = {"leap-second"};
  k.terms = "ae";
  k.leaves = FaultKind::Leaves::kNothing;
  kinds.push_back(std::exchange(k, {}));
}

}  // namespace

absl::Span<const FaultKind> AllFaultKinds() {
  static const auto& kinds = *[] {
    auto* all = new std::vector<FaultKind>();
    AddHostKinds(*all);
    AddSetsAndLeaps(*all);
    AddPauses(*all);
    AddSlowFaults(*all);
    AddLeapSeconds(*all);
    return all;
  }();
  return kinds;
}

absl::Span<const absl::Duration> AllFaultSizes() {
  static const absl::Duration kSizes[] = {
      Thresholds().warning * 1.5,  absl::Seconds(6),
      absl::Seconds(90),           absl::Seconds(3600),
      absl::Milliseconds(4398046), absl::Hours(24)};
  return kSizes;
}

}  // namespace noonmark::simulation
