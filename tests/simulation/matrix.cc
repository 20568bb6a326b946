#include "tests/simulation/matrix.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/detect/evidence.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/provable.h"
#include "tests/simulation/simulate.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kWarmUp = absl::Seconds(30);
// Two polls, the burst of the second, and what confirms it.
constexpr absl::Duration kTwoPolls = absl::Seconds(2 * 5 + 2);
// Sizes that nobody tells apart: the tolerance of the signature table.
constexpr absl::Duration kAlike = absl::Milliseconds(1);
// A size known no better than this names no wrap.
constexpr absl::Duration kTooWide = absl::Milliseconds(50);

// What is told of a world, but what silence and a slow path bring with them.
Names Told(const std::vector<Finding>& findings) {
  Names names;
  for (const Finding& finding : findings) {
    if (finding.code != FindingCode::kAgentUnreachable &&
        finding.code != FindingCode::kHostUnproven &&
        finding.code != FindingCode::kUnjudgedGuests) {
      names.emplace_back(CodeName(finding.code));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Names Without(Names names, const Names& others) {
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& name) {
                               return std::find(others.begin(), others.end(),
                                                name) != others.end();
                             }),
              names.end());
  return names;
}

bool SizeIs(const std::vector<Finding>& findings, const std::string& name,
            absl::Duration truth) {
  for (const Finding& finding : findings) {
    if (CodeName(finding.code) != name) continue;
    // The clocks part by themselves, too, while a fault lasts.
    const absl::Duration drift =
        absl::Milliseconds(1) + absl::AbsDuration(truth) * 2 / 10'000;
    return finding.size.has_value() &&
           finding.size->WidenedBy(drift).Contains(truth);
  }
  return false;
}

// What fell behind did so by as long as libvirt stopped the guest; so did the
// offset over a move.
bool IsExplained(const Finding& finding, absl::Duration size) {
  // The host's clock, which times libvirt's events, is no perfect one.
  const absl::Duration drift = size * 2 / 10'000;
  if (finding.code == FindingCode::kMigrated) {
    return finding.size.has_value() &&
           finding.size->WidenedBy(drift + kAlike).Contains(-size);
  }
  if (finding.code != FindingCode::kStoodStill &&
      finding.code != FindingCode::kCaughtUp) {
    return true;
  }
  return finding.pauses.has_value() &&
         finding.pauses->lasted.WidenedBy(drift).Contains(size) &&
         finding.pauses->lasted.Meets(-*finding.size);
}

bool AreExplained(const std::vector<Finding>& findings, absl::Duration size) {
  return std::all_of(
      findings.begin(), findings.end(),
      [&](const Finding& finding) { return IsExplained(finding, size); });
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
  World(uint64_t seed, const FaultKind& kind, bool coarse)
      : random(seed), fleet(random.Next(), Options(random, kind, coarse)) {
    mail = fleet.AddGuest("mail", Sound(random));
    for (int i = 0; i < kind.others; ++i) {
      others.push_back(fleet.AddGuest(absl::StrCat("web", i), Sound(random)));
    }
  }
  static FleetOptions Options(Random& random, const FaultKind& kind,
                              bool coarse) {
    FleetOptions options;
    options.host = AnySoundHost(random);
    options.host.discipline = Discipline::kNone;
    if (kind.at_midnight) options.utc -= kWarmUp + absl::Seconds(15);
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
  std::vector<GuestId> others;
};

// When a verdict first tells that a guest is off.
class FlagWatch final : public Fleet::Observer {
 public:
  FlagWatch(Fleet& fleet, std::vector<GuestId> guests, absl::Duration from)
      : fleet_(fleet), guests_(std::move(guests)), from_(from) {
    fleet.Observe(this);
  }
  void OnAnswer(GuestId, const Asked&, const Exchange&) override {}
  void OnDeed(GuestId, const Deed&) override {}
  void OnPublished(const HostSnapshot& snapshot) override {
    if (guests_.empty() || fleet_.now() < from_) return;
    for (const auto& row : snapshot.guests) {
      if (row->verdict != Verdict::kWrong &&
          row->verdict != Verdict::kDiffers) {
        continue;
      }
      const auto at = std::find(guests_.begin(), guests_.end(), row->domain.id);
      if (at == guests_.end()) continue;
      guests_.erase(at);
      slowest_ = fleet_.now() - from_;
    }
  }
  // After `from`, of all of them.
  absl::Duration Slowest() const {
    return guests_.empty() ? slowest_ : absl::InfiniteDuration();
  }

 private:
  Fleet& fleet_;
  std::vector<GuestId> guests_;
  absl::Duration from_;
  absl::Duration slowest_;
};

// Whether any guest was ever called wrong.
class WrongWatch final : public Fleet::Observer {
 public:
  explicit WrongWatch(Fleet& fleet) { fleet.Observe(this); }
  void OnAnswer(GuestId, const Asked&, const Exchange&) override {}
  void OnDeed(GuestId, const Deed&) override {}
  void OnPublished(const HostSnapshot& snapshot) override {
    for (const auto& row : snapshot.guests) {
      ever_ |= row->verdict == Verdict::kWrong;
    }
  }
  bool ever() const { return ever_; }

 private:
  bool ever_ = false;
};

// Wrong where the clock is, and nowhere else; at the threshold, and by as much
// more as the host itself may be off, either will do.
bool IsTrueVerdict(Fleet& fleet, GuestId guest) {
  const absl::Duration limit = Thresholds().warning;
  const auto row = fleet.row(guest);
  const Asked* asked = fleet.FindAsked(guest, row->measured);
  if (asked == nullptr) return false;
  const absl::Duration off = absl::AbsDuration(asked->offset_t3.Floor());
  const absl::Duration width = (asked->t4 - asked->t1) * 2;
  const absl::Duration host = *FleetOptions().max_error + absl::Milliseconds(1);
  if (off > limit + width + host) return row->verdict == Verdict::kWrong;
  if (off < limit - width) return row->verdict == Verdict::kOk;
  return off > limit ? row->verdict != Verdict::kOk
                     : row->verdict != Verdict::kWrong;
}

bool IsRightVerdict(Fleet& fleet, const World& world, bool unjudged) {
  if (!unjudged) return IsTrueVerdict(fleet, world.mail);
  std::vector<GuestId> all = world.others;
  all.push_back(world.mail);
  return std::all_of(all.begin(), all.end(), [&](GuestId guest) {
    const Verdict verdict = fleet.row(guest)->verdict;
    return verdict != Verdict::kWrong && verdict != Verdict::kOk;
  });
}

// Back by 2^42 ns is the kernel's arithmetic, unless somebody paused it for as
// long; where the path is too wide to tell, it is a pause whose size says so.
Names Expected(const FaultKind& kind, absl::Duration size,
               const std::vector<Finding>& told) {
  Names names = size < absl::ZeroDuration() ? kind.negative : kind.findings;
  const absl::Duration off =
      absl::AbsDuration(size) - absl::Nanoseconds(int64_t{1} << 42);
  const bool wraps = !kind.lasts && absl::AbsDuration(off) < kAlike;
  const bool a_pause =
      std::any_of(told.begin(), told.end(), [](const Finding& finding) {
        return finding.code == FindingCode::kStoodStill &&
               finding.size->Width() >= kTooWide &&
               finding.signature != nullptr &&
               finding.signature->name == "2^42 ns";
      });
  if (wraps && !a_pause) {
    std::replace(names.begin(), names.end(), std::string("stood-still"),
                 std::string("counter-jump"));
  }
  return names;
}

bool IsARate(const FaultKind& kind) {
  return kind.terms == "r" || kind.terms == "h";
}

absl::Duration SettleOf(const FaultKind& kind, absl::Duration size) {
  return absl::AbsDuration(size) <= kind.small ? kind.settle_small
                                               : kind.settle;
}

// The rate can be told: a guest's where it can be proven, the host's where two
// guests can prove it.
bool IsOwed(const FaultKind& kind, const World& world,
            const ProvableRates& rates, absl::Duration when) {
  // Baselines of the monitor.
  constexpr absl::Duration kLongest = absl::Minutes(20);
  constexpr absl::Duration kLong = absl::Minutes(5);
  const double warning = AssessorOptions().rate_warning_ppm;
  const absl::Duration left = world.fleet.now() - when;
  const absl::Duration baseline = left > kLongest * 3 ? kLongest : kLong;
  int able = rates.IsProvable(world.mail, warning, when, baseline) ? 1 : 0;
  if (kind.host.empty()) return able == 1;
  for (const GuestId other : world.others) {
    able += rates.IsProvable(other, warning, when, baseline) ? 1 : 0;
  }
  return able >= 2;
}

bool IsTheHosts(const FaultKind& kind) {
  return kind.terms.find_first_of("eh") != std::string::npos;
}

}  // namespace

void Cell::Add(const Cell& other) {
  runs += other.runs;
  right += other.right;
  verdict_right += other.verdict_right;
  unprovable += other.unprovable;
  flagged += other.flagged;
  flagged_late += other.flagged_late;
  slowest = std::max(slowest, other.slowest);
  blamed += other.blamed;
  breaches += other.breaches;
  if (example.empty()) example = other.example;
}

Cell RunFault(const FaultKind& kind, absl::Duration size, uint64_t seed,
              Fleet::Observer* onlooker) {
  World world(seed, kind, kind.lasts && size > absl::Hours(1));
  Fleet& fleet = world.fleet;
  if (onlooker != nullptr) fleet.Observe(onlooker);
  Checker checker(fleet);
  std::optional<ProvableRates> rates;
  if (IsARate(kind)) rates.emplace(fleet);
  const absl::Duration when = world.AnyMoment();
  const absl::Duration over = when + (kind.lasts ? size : absl::ZeroDuration());
  std::vector<GuestId> to_flag;
  if (kind.leaves != FaultKind::Leaves::kNothing) to_flag = {world.mail};
  if (kind.leaves == FaultKind::Leaves::kOffsetOfAll) {
    to_flag.insert(to_flag.end(), world.others.begin(), world.others.end());
  }
  FlagWatch flags(fleet, to_flag, over + kind.judged_after);
  WrongWatch wrong(fleet);
  if (kind.either_sign) size = world.random.EitherSign(size);
  kind.inject(fleet, world.mail, when, size);
  fleet.Run(over + SettleOf(kind, size));

  Cell cell;
  cell.runs = 1;
  const auto row = fleet.row(world.mail);
  const std::vector<Finding>& of_host = fleet.snapshot()->findings;
  Names expected = Expected(kind, size, row->findings);
  std::sort(expected.begin(), expected.end());
  const Names told = Without(Told(row->findings), kind.may);
  bool right = told == expected && Told(of_host) == kind.host;
  if (right && kind.moves != 0) {
    right = (expected.empty() ||
             SizeIs(row->findings, expected[0], size * kind.moves)) &&
            (kind.host.empty() || SizeIs(of_host, kind.host[0], size));
  }
  if (IsARate(kind) && !IsOwed(kind, world, *rates, when)) {
    cell.unprovable = 1;
    right = right || (told.empty() && Told(of_host).empty());
  }
  if (kind.explained) right &= AreExplained(row->findings, size);
  cell.right = right ? 1 : 0;
  cell.verdict_right = IsRightVerdict(fleet, world, kind.unjudged) ? 1 : 0;
  if (!right || cell.verdict_right == 0) {
    cell.example = absl::StrCat("seed ", seed, ": ", InWords(*row));
  }

  if (!to_flag.empty()) {
    cell.flagged = 1;
    cell.slowest = flags.Slowest();
    if (cell.slowest > kTwoPolls) {
      cell.flagged_late = 1;
      cell.example =
          absl::StrCat("seed ", seed, " after ",
                       absl::FormatDuration(cell.slowest), ": ", InWords(*row));
    }
  }

  bool blamed = IsTheHosts(kind) && !Without(told, expected).empty();
  // Not for a moment.
  if (kind.unjudged && wrong.ever()) {
    blamed = true;
    cell.example = absl::StrCat("seed ", seed, ": called wrong for a while");
  }
  for (const GuestId other : world.others) {
    Names others = Without(Told(fleet.row(other)->findings), kind.may);
    if (IsTheHosts(kind)) others = Without(std::move(others), expected);
    if (others.empty()) continue;
    blamed = true;
    cell.example =
        absl::StrCat("seed ", seed, ", another: ", InWords(*fleet.row(other)));
  }
  cell.blamed = blamed ? 1 : 0;
  cell.breaches = checker.tally().Broken();
  if (cell.breaches != 0) cell.example = checker.tally().words[0];
  return cell;
}

bool ArePair(const FaultKind& one, const FaultKind& other) {
  return one.in_a_moment && other.in_a_moment && one.name < other.name &&
         std::none_of(one.terms.begin(), one.terms.end(), [&](char term) {
           return other.terms.find(term) != std::string::npos;
         });
}

Cell RunPair(const FaultKind& one, const FaultKind& other, uint64_t seed,
             Fleet::Observer* onlooker) {
  World world(seed, one.others > other.others ? one : other, /*coarse=*/false);
  Fleet& fleet = world.fleet;
  if (onlooker != nullptr) fleet.Observe(onlooker);
  Checker checker(fleet);
  std::optional<ProvableRates> rates;
  if (IsARate(one) || IsARate(other)) rates.emplace(fleet);
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
  fleet.Run(std::max({absl::Minutes(5), one.settle, other.settle}));
  const auto owed = [&](const FaultKind& kind) {
    return !IsARate(kind) ||
           IsOwed(kind, world, *rates, when + absl::Seconds(1));
  };

  Cell cell;
  cell.runs = 1;
  const auto row = fleet.row(world.mail);
  const Names told = Told(row->findings);
  const std::vector<Finding>& of_host = fleet.snapshot()->findings;
  const Names told_of_host = Told(of_host);
  const auto has = [&](const FaultKind& kind, absl::Duration s) {
    const Names expected = Expected(kind, s, row->findings);
    for (const std::string& name : expected) {
      if (name == "left-behind-by-host-step") continue;
      if (!std::binary_search(told.begin(), told.end(), name)) return false;
    }
    if (!kind.host.empty()) {
      // Each by itself: the other kind of the pair may be the host's, too.
      return kind.moves == 0
                 ? !owed(kind) || Without(kind.host, told_of_host).empty()
                 : SizeIs(of_host, kind.host[0], s);
    }
    return expected.empty() || kind.moves == 0 ||
           SizeIs(row->findings, expected[0], s * kind.moves);
  };
  Names allowed = {"left-behind-by-host-step"};
  for (const Names& names :
       {Expected(one, size, row->findings),
        Expected(other, size2, row->findings), one.may, other.may}) {
    allowed.insert(allowed.end(), names.begin(), names.end());
  }
  const Names beside = Without(Without(told_of_host, one.host), other.host);
  cell.right = has(one, size) && has(other, size2) &&
                       Without(told, allowed).empty() && beside.empty()
                   ? 1
                   : 0;
  cell.unprovable = owed(one) && owed(other) ? 0 : 1;
  cell.verdict_right =
      IsRightVerdict(fleet, world, one.unjudged || other.unjudged) ? 1 : 0;
  if (cell.right == 0 || cell.verdict_right == 0) {
    cell.example = absl::StrCat("seed ", seed, ": ", InWords(*row));
  }
  for (const GuestId id : world.others) {
    if (!Without(Told(fleet.row(id)->findings), {"left-behind-by-host-step"})
             .empty()) {
      cell.blamed = 1;
      cell.example =
          absl::StrCat("seed ", seed, ", another: ", InWords(*fleet.row(id)));
    }
  }
  cell.breaches = checker.tally().Broken();
  if (cell.breaches != 0) cell.example = checker.tally().words[0];
  return cell;
}

}  // namespace noonmark::simulation
