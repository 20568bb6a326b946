#include "tests/simulation/matrix.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/detect/evidence.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

using Codes = std::vector<FindingCode>;

constexpr absl::Duration kWarmUp = absl::Seconds(30);

std::vector<FaultKind> MakeKinds() {
  std::vector<FaultKind> kinds;
  FaultKind k;
  k.name = "host step";
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration s) {
    f.At(t).StepHost(s);
  };
  k.findings = k.negative = {FindingCode::kLeftBehindByHostStep};
  k.host = {FindingCode::kHostStepped};
  k.terms = "e";
  k.settle = absl::Seconds(64 + 25);
  kinds.push_back(std::exchange(k, {}));

  k.name = "host rate";
  k.inject = [](Fleet& f, GuestId, absl::Duration t, absl::Duration) {
    f.At(t).SetHostRate(800'000);
  };
  k.moves = 0;
  k.terms = "h";
  k.settle = absl::Minutes(4);
  k.named = false;  // no detector of common mode yet: the guests are blamed
  kinds.push_back(std::exchange(k, {}));

  k.name = "guest set";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Set(g, s);
  };
  k.findings = k.negative = {FindingCode::kClockSet};
  k.terms = "a";
  kinds.push_back(std::exchange(k, {}));

  k.name = "set, untold";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Set(g, s, /*told=*/false);
  };
  k.findings = k.negative = {FindingCode::kClockSet};
  k.terms = "a";
  kinds.push_back(std::exchange(k, {}));

  k.name = "counter jump";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Leap(g, s);
  };
  k.findings = {FindingCode::kCounterJump};
  k.negative = {FindingCode::kStoodStill};
  k.terms = "c";
  kinds.push_back(std::exchange(k, {}));

  k.name = "glitch";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Glitch(g, s, static_cast<int>(absl::ToInt64Seconds(t) % 16));
  };
  k.findings = k.negative = {FindingCode::kReadGlitch};
  k.terms = "ac";
  kinds.push_back(std::exchange(k, {}));

  k.name = "pause";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).StandStill(g, s);
  };
  k.findings = {FindingCode::kStoodStill};
  k.moves = -1;
  k.terms = "c";
  k.either_sign = false;
  k.lasts = true;
  // A question asked in the pause is answered after it, and takes the old line
  // to one edge of what it may be.
  k.named_up_to = absl::Seconds(90);
  kinds.push_back(std::exchange(k, {}));

  k.name = "save/restore";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).SaveAndRestore(g, s);
  };
  k.findings = {FindingCode::kCaughtUp};
  k.moves = -1;
  k.terms = "ac";
  k.either_sign = false;
  k.lasts = true;
  // A question asked in the pause is answered after it, and takes the old line
  // to one edge of what it may be.
  k.named_up_to = absl::Seconds(90);
  kinds.push_back(std::exchange(k, {}));

  k.name = "migration";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Migrate(g, s, /*rate=*/30'000);
  };
  k.findings = {FindingCode::kStoodStill};
  k.moves = -1;
  k.terms = "c";
  k.either_sign = false;
  k.lasts = true;
  k.named = false;  // told as what its clock did; `migrated` is not there yet
  kinds.push_back(std::exchange(k, {}));

  k.name = "rate fault";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    // The larger the size, the larger the rate: 250 ppm to 20,000 ppm.
    const PartsPerBillion rate = std::clamp<PartsPerBillion>(
        absl::ToInt64Microseconds(absl::AbsDuration(s)) * 1000 / 60'000,
        250'000, 20'000'000);
    f.At(t).SetRate(g, s < absl::ZeroDuration() ? -rate : rate);
  };
  k.findings = k.negative = {FindingCode::kRateFault};
  k.moves = 0;
  k.terms = "r";
  k.settle = absl::Minutes(4);
  // Between 500 and some thousand ppm it is told as a row of jumps, and a slow
  // path hides 250 ppm for longer than this.
  k.named = false;
  kinds.push_back(std::exchange(k, {}));

  k.name = "fighting daemons";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    for (int i = 0; i < 6; ++i) {
      f.At(t + absl::Seconds(7) * i).Set(g, i % 2 == 0 ? s : -s);
    }
  };
  k.findings = k.negative = {FindingCode::kClockSet};
  k.moves = 0;
  k.terms = "a";
  k.settle = absl::Minutes(2);
  k.named = false;  // told as sets; `two-masters` is not there yet
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
  kinds.push_back(std::exchange(k, {}));

  k.name = "steal";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration s) {
    f.At(t).Steal(g, {1, std::min(absl::AbsDuration(s), absl::Seconds(4))});
  };
  k.moves = 0;
  k.terms = "n";
  k.settle = absl::Minutes(1);
  kinds.push_back(std::exchange(k, {}));

  k.name = "leap second";
  k.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration) {
    f.At(t).Set(g, -absl::Seconds(1));
  };
  k.findings = k.negative = {FindingCode::kClockSet};
  k.moves = 0;
  k.terms = "a";
  k.named = false;  // told as a set by 1 s; `leap-second` is not there yet
  kinds.push_back(std::exchange(k, {}));
  return kinds;
}

// What is told of a world, but what silence and a slow path bring with them.
Codes Told(const std::vector<Finding>& findings) {
  Codes codes;
  for (const Finding& finding : findings) {
    if (finding.code != FindingCode::kAgentUnreachable &&
        finding.code != FindingCode::kHostUnproven &&
        finding.code != FindingCode::kRtcLocalTime) {
      codes.push_back(finding.code);
    }
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

bool SizeIs(const std::vector<Finding>& findings, FindingCode code,
            absl::Duration truth) {
  for (const Finding& finding : findings) {
    if (finding.code != code) continue;
    // The clocks part by themselves, too, while a fault lasts.
    const absl::Duration drift =
        absl::Milliseconds(1) + absl::AbsDuration(truth) * 2 / 10'000;
    return finding.size.has_value() &&
           finding.size->WidenedBy(drift).Contains(truth);
  }
  return false;
}

std::string InWords(const GuestRow& row) {
  std::string words(VerdictName(row.verdict));
  for (const Finding& finding : row.findings) {
    absl::StrAppend(&words, ", ", std::string(CodeName(finding.code)), " ",
                    Summarize(finding));
  }
  return words;
}

struct World {
  explicit World(uint64_t seed, bool coarse)
      : random(seed), fleet(random.Next(), Options(random, coarse)) {
    mail = fleet.AddGuest("mail", Sound(random));
    web = fleet.AddGuest("web", Sound(random));
  }
  static FleetOptions Options(Random& random, bool coarse) {
    FleetOptions options;
    options.host = AnySoundHost(random);
    options.host.discipline = Discipline::kNone;
    if (coarse) {  // days go by: look less often
      options.monitor.host_watch = absl::Seconds(1);
      options.monitor.publish_every = absl::Seconds(1);
    }
    return options;
  }
  // Nobody mends the clock before it is looked at.
  static GuestTraits Sound(Random& random) {
    GuestTraits traits = AnySoundGuest(random);
    traits.clock.discipline = Discipline::kNone;
    traits.network.loss_one_in = 0;
    traits.network.tail = absl::Milliseconds(100);
    traits.steal = {};
    return traits;
  }
  absl::Duration AnyMoment() {
    return kWarmUp + random.Between(absl::ZeroDuration(), absl::Seconds(5));
  }

  Random random;
  Fleet fleet;
  GuestId mail;
  GuestId web;
};

// Wrong where the clock is, and nowhere else; at the threshold either will do.
bool IsTrueVerdict(Fleet& fleet, GuestId guest) {
  const absl::Duration limit = Thresholds().warning;
  const auto row = fleet.row(guest);
  const Asked* asked = fleet.FindAsked(guest, row->measured);
  if (asked == nullptr) return false;
  const absl::Duration off = absl::AbsDuration(asked->offset_t3.Floor());
  const absl::Duration width = (asked->t4 - asked->t1) * 2;
  if (off > limit + width) return row->verdict == Verdict::kWrong;
  if (off < limit - width) return row->verdict == Verdict::kOk;
  return off > limit ? row->verdict != Verdict::kOk
                     : row->verdict != Verdict::kWrong;
}

const Codes& FindingsOf(const FaultKind& kind, absl::Duration size) {
  return size < absl::ZeroDuration() ? kind.negative : kind.findings;
}

// A jump of 2^42 ns is the kernel's arithmetic whatever its sign.
Codes Expected(const FaultKind& kind, absl::Duration size) {
  Codes codes = FindingsOf(kind, size);
  const absl::Duration off =
      absl::AbsDuration(size) - absl::Nanoseconds(int64_t{1} << 42);
  if (absl::AbsDuration(off) < absl::Milliseconds(1)) {
    std::replace(codes.begin(), codes.end(), FindingCode::kStoodStill,
                 FindingCode::kCounterJump);
  }
  return codes;
}

}  // namespace

absl::Span<const FaultKind> AllFaultKinds() {
  static const auto& kinds = *new std::vector<FaultKind>(MakeKinds());
  return kinds;
}

absl::Span<const absl::Duration> AllFaultSizes() {
  static const absl::Duration kSizes[] = {
      Thresholds().warning * 1.5,  absl::Seconds(6),
      absl::Seconds(90),           absl::Seconds(3600),
      absl::Milliseconds(4398046), absl::Hours(24)};
  return kSizes;
}

void Cell::Add(const Cell& other) {
  runs += other.runs;
  right += other.right;
  verdict_right += other.verdict_right;
  blamed += other.blamed;
  breaches += other.breaches;
  if (example.empty()) example = other.example;
}

Cell RunFault(const FaultKind& kind, absl::Duration size, uint64_t seed,
              Fleet::Observer* onlooker) {
  World world(seed, kind.lasts && size > absl::Hours(1));
  Fleet& fleet = world.fleet;
  if (onlooker != nullptr) fleet.Observe(onlooker);
  Checker checker(fleet);
  const absl::Duration when = world.AnyMoment();
  if (kind.either_sign) size = world.random.EitherSign(size);
  kind.inject(fleet, world.mail, when, size);
  fleet.Run(when + kind.settle + (kind.lasts ? size : absl::ZeroDuration()));

  Cell cell;
  cell.runs = 1;
  const auto row = fleet.row(world.mail);
  Codes expected = Expected(kind, size);
  std::sort(expected.begin(), expected.end());
  bool right = Told(row->findings) == expected;
  if (right && kind.moves != 0) {
    right = SizeIs(row->findings, expected[0], size * kind.moves);
  }
  if (right && !kind.host.empty()) {
    right = Told(fleet.snapshot()->findings) == kind.host &&
            SizeIs(fleet.snapshot()->findings, kind.host[0], size);
  }
  cell.right = right ? 1 : 0;
  cell.verdict_right = IsTrueVerdict(fleet, world.mail) ? 1 : 0;
  if (!right || cell.verdict_right == 0) cell.example = InWords(*row);

  const Codes others = Told(fleet.row(world.web)->findings);
  const bool innocent =
      others.empty() || (kind.terms == "e" && others == expected);
  cell.blamed = innocent ? 0 : 1;
  cell.breaches = checker.tally().Broken();
  if (cell.breaches != 0) cell.example = checker.tally().words[0];
  return cell;
}

bool ArePair(const FaultKind& one, const FaultKind& other) {
  return one.named && other.named && one.name < other.name &&
         std::none_of(one.terms.begin(), one.terms.end(), [&](char term) {
           return other.terms.find(term) != std::string::npos;
         });
}

Cell RunPair(const FaultKind& one, const FaultKind& other, uint64_t seed) {
  World world(seed, /*coarse=*/false);
  Fleet& fleet = world.fleet;
  Checker checker(fleet);
  // Sizes that do not make up for one another.
  absl::Duration size = absl::Seconds(world.random.From(3, 9));
  absl::Duration size2 = absl::Seconds(world.random.From(20, 90));
  if (world.random.OneIn(2)) std::swap(size, size2);
  // A slow path hides what is smaller than its delay.
  if (one.terms == "n") size = Thresholds().warning;
  if (other.terms == "n") size2 = Thresholds().warning;
  if (one.either_sign) size = world.random.EitherSign(size);
  if (other.either_sign) size2 = world.random.EitherSign(size2);
  // Right after a poll, whose phase is known by what was published.
  fleet.Run(kWarmUp);
  const Asked* asked =
      fleet.FindAsked(world.mail, fleet.row(world.mail)->measured);
  absl::Duration when = asked->t4 + absl::Seconds(0.6);
  while (when <= fleet.now()) when += absl::Seconds(5);
  one.inject(fleet, world.mail, when, size);
  other.inject(fleet, world.mail, when + absl::Seconds(1), size2);
  fleet.Run(absl::Minutes(5));

  Cell cell;
  cell.runs = 1;
  const auto row = fleet.row(world.mail);
  const Codes told = Told(row->findings);
  const auto has = [&](const FaultKind& kind, absl::Duration s) {
    const Codes expected = Expected(kind, s);
    for (const FindingCode code : expected) {
      if (code == FindingCode::kLeftBehindByHostStep) continue;
      if (!std::binary_search(told.begin(), told.end(), code)) return false;
    }
    if (!kind.host.empty()) {
      return SizeIs(fleet.snapshot()->findings, kind.host[0], s);
    }
    return expected.empty() || kind.moves == 0 ||
           SizeIs(row->findings, expected[0], s * kind.moves);
  };
  std::set<FindingCode> allowed = {FindingCode::kLeftBehindByHostStep};
  for (const FindingCode code : Expected(one, size)) allowed.insert(code);
  for (const FindingCode code : Expected(other, size2)) allowed.insert(code);
  const bool nothing_else =
      std::all_of(told.begin(), told.end(),
                  [&](FindingCode code) { return allowed.count(code) != 0; });
  cell.right = has(one, size) && has(other, size2) && nothing_else ? 1 : 0;
  cell.verdict_right = 1;
  if (cell.right == 0) cell.example = InWords(*row);
  for (const FindingCode code : Told(fleet.row(world.web)->findings)) {
    if (code != FindingCode::kLeftBehindByHostStep) cell.blamed = 1;
  }
  cell.breaches = checker.tally().Broken();
  if (cell.breaches != 0) cell.example = checker.tally().words[0];
  return cell;
}

}  // namespace noonmark::simulation
