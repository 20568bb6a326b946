#include "tests/simulation/checker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/estimate/format.h"

namespace noonmark::simulation {
namespace {

constexpr size_t kMostWords = 12;

bool IsTrouble(Verdict verdict) {
  return verdict == Verdict::kWrong || verdict == Verdict::kDiffers;
}

// How a deed moves the guest's REALTIME against its MONOTONIC (a), its RAW
// against the host's (c).
absl::Duration MovesA(const Deed& deed) {
  return deed.kind == DeedKind::kSet || deed.kind == DeedKind::kSlept ||
                 deed.kind == DeedKind::kLeapSecond
             ? deed.size
             : absl::ZeroDuration();
}
absl::Duration MovesC(const Deed& deed) {
  switch (deed.kind) {
    case DeedKind::kLeap:
      return deed.size;
    case DeedKind::kStoodStill:
    case DeedKind::kSlept:
      return -deed.size;
    case DeedKind::kSet:
    case DeedKind::kLeapSecond:
    case DeedKind::kTimekeeping:
    case DeedKind::kFrozen:
    case DeedKind::kGlitch:
    case DeedKind::kMigrated:
    case DeedKind::kFight:
    case DeedKind::kRate:
    case DeedKind::kSlew:
    case DeedKind::kReboot:
    case DeedKind::kLies:
    case DeedKind::kHonest:
      break;
  }
  return absl::ZeroDuration();
}

// The kernel's timekeeping against its counter.
absl::Duration MovesB(const Deed& deed) {
  return deed.kind == DeedKind::kTimekeeping ? deed.size : absl::ZeroDuration();
}

}  // namespace

uint64_t Tally::Broken() const {
  uint64_t sum = 0;
  for (const auto& [name, count] : breaches) sum += count;
  return sum;
}

void Tally::Add(const Tally& other) {
  exchanges += other.exchanges;
  rows += other.rows;
  offsets += other.offsets;
  findings += other.findings;
  deeds += other.deeds;
  for (size_t i = 0; i < verdicts.size(); ++i) verdicts[i] += other.verdicts[i];
  for (const auto& [name, count] : other.breaches) breaches[name] += count;
  misnamed += other.misnamed;
  seen_late += other.seen_late;
  outside_at_t4 += other.outside_at_t4;
  for (const std::string& line : other.words) {
    if (words.size() < kMostWords) words.push_back(line);
  }
}

Checker::Checker(Fleet& fleet)
    : fleet_(fleet),
      thresholds_(fleet.monitor_options().assessor.tracker.thresholds),
      guests_(static_cast<size_t>(fleet.guests())) {
  fleet.Observe(this);
}

void Checker::OnDeed(GuestId guest, const Deed& deed) {
  ++tally_.deeds;
  if (guest == Fleet::kHost) {
    for (Guest& g : guests_) {
      g.outside_from.reset();
      g.only_glitches = false;
    }
    return;
  }
  Guest& g = guests_[static_cast<size_t>(guest)];
  g.outside_from.reset();
  if (deed.kind != DeedKind::kGlitch) g.only_glitches = false;
  if (deed.kind == DeedKind::kLies) {
    g.doubtful_until = absl::InfiniteDuration();
  }
  if (deed.kind == DeedKind::kHonest) {
    g.honest_again = true;
  }
}

void Checker::OnAnswer(GuestId guest, const Asked& asked,
                       const Exchange& /*exchange*/) {
  ++tally_.exchanges;
  Guest& g = guests_[static_cast<size_t>(guest)];
  if (g.honest_again) {
    g.honest_again = false;
    g.doubtful_until = asked.t4 + absl::Seconds(60);
  }
  const absl::Duration width = asked.t4 - asked.t1;
  const absl::Duration interval = fleet_.monitor_options().session.interval;
  if (asked.t4 - g.answered > interval + absl::Seconds(1)) {
    g.outside_from.reset();
  }
  g.answered = asked.t4;
  if (asked.broken) {
    const std::vector<Deed>& deeds = fleet_.deeds(guest);
    for (size_t i = deeds.size(); i > 0 && deeds[i - 1].at >= asked.t1; --i) {
      if (absl::AbsDuration(deeds[i - 1].size) < width * 1.1) {
        g.misread = asked.host_t4;
      }
    }
  }
  const absl::Duration off = absl::AbsDuration(asked.offset_t3.Floor());
  const bool outside = off > thresholds_.warning + width * 2;
  if (!outside || asked.broken) {
    g.outside_from.reset();
    return;
  }
  if (!g.outside_from.has_value()) {
    g.outside_from = fleet_.now();
    g.slowest = width;
  }
  g.slowest = std::max(g.slowest, width);
}

void Checker::OnPublished(const HostSnapshot& snapshot) {
  for (const auto& row : snapshot.guests) {
    const GuestId id = row->domain.id;
    Guest& g = guests_[static_cast<size_t>(id)];
    if (row != g.row) {
      CheckRow(id, *row);
      g.row = row;
    }
    CheckMissed(id);
  }
  for (const Finding& finding : snapshot.findings) {
    if (finding.code == FindingCode::kHostCounterJump &&
        host_leap_ != finding.last_seen) {
      host_leap_ = finding.last_seen;
      CheckHostLeap(finding);
    }
  }
}

// That two guests, which nobody paused, do not leap at once and as far is what
// the claim rests on. A life in which they did, by what both of them did and
// when, imitates a leap of the host; nobody could tell.
void Checker::CheckHostLeap(const Finding& finding) {
  if (Did(Fleet::kHost, DeedKind::kLeap)) return;
  int alike = 0;
  for (size_t i = 0; i < guests_.size(); ++i) {
    const auto id = static_cast<GuestId>(i);
    const std::vector<Deed>& deeds = fleet_.deeds(id);
    alike += std::any_of(deeds.begin(), deeds.end(), [&](const Deed& deed) {
      return deed.kind == DeedKind::kLeap &&
             deed.host_at >= finding.window_begin &&
             deed.host_at <= finding.window_end &&
             finding.size->Contains(-deed.size);
    });
  }
  if (alike >= 2) {
    ++tally_.misnamed;
  } else {
    Breach("blamed", Fleet::kHost,
           absl::StrCat("host-counter-jump ", FormatInterval(*finding.size)));
  }
}

void Checker::CheckRow(GuestId id, const GuestRow& row) {
  Guest& g = guests_[static_cast<size_t>(id)];
  ++tally_.rows;
  ++tally_.verdicts[static_cast<size_t>(row.verdict)];
  const bool doubtful = fleet_.now() < g.doubtful_until;
  if (!doubtful && row.offset.has_value() && row.measured != g.measured) {
    CheckOffset(id, row);
  }
  g.measured = row.measured;

  for (const Finding& finding : row.findings) {
    const auto known = std::find_if(
        g.seen.begin(), g.seen.end(),
        [&](const Seen& seen) { return seen.code == finding.code; });
    if (known == g.seen.end()) {
      g.seen.push_back({finding.code, finding.occurrences, finding.last_seen});
    } else if (known->occurrences == finding.occurrences) {
      continue;
    } else {
      *known = {finding.code, finding.occurrences, finding.last_seen};
    }
    if (!doubtful) CheckFinding(id, finding);
  }
}

void Checker::CheckOffset(GuestId id, const GuestRow& row) {
  const Asked* asked = fleet_.FindAsked(id, row.measured);
  if (asked == nullptr) {
    Breach("truth-outside", id, "an offset of a moment when nobody asked");
    return;
  }
  if (asked->broken) return;
  ++tally_.offsets;
  const Interval& offset = *row.offset;
  if (!testing::Holds(offset, asked->offset_t3)) {
    Breach("truth-outside", id,
           absl::StrCat(FormatInterval(offset),
                        ", true: ", FormatSeconds(asked->offset_t3.Floor())));
  } else if (!testing::Holds(offset, asked->offset_t4)) {
    ++tally_.outside_at_t4;
  }
  const absl::Duration off = absl::AbsDuration(asked->offset_t3.Floor());
  if (IsTrouble(row.verdict) && off <= thresholds_.warning) {
    Breach("wrong-but-inside", id,
           absl::StrCat("true: ", FormatSeconds(asked->offset_t3.Floor())));
  }
  if (row.verdict == Verdict::kOk && off > thresholds_.warning) {
    Breach("ok-but-outside", id,
           absl::StrCat("true: ", FormatSeconds(asked->offset_t3.Floor())));
  }
  const Guest& g = guests_[static_cast<size_t>(id)];
  if (IsTrouble(row.verdict) && g.only_glitches && off <= thresholds_.warning) {
    Breach("glitch-is-wrong", id, "");
  }
}

void Checker::CheckFinding(GuestId id, const Finding& finding) {
  const auto did = [&](DeedKind kind) { return Did(id, kind); };
  const auto did_near = [&] {
    const std::vector<Deed>& deeds = fleet_.deeds(id);
    return std::any_of(deeds.begin(), deeds.end(), [&](const Deed& deed) {
      return deed.kind != DeedKind::kSlew &&
             deed.host_at >= finding.window_begin - absl::Minutes(2);
    });
  };
  ++tally_.findings;
  const std::string name(CodeName(finding.code));
  switch (finding.code) {
    case FindingCode::kClockSet:
    case FindingCode::kCounterJump:
    case FindingCode::kStoodStill:
    case FindingCode::kCaughtUp:
      CheckMovement(id, finding);
      break;
    case FindingCode::kReadGlitch:
      if (!did_near()) {
        Breach("blamed", id, name);
      } else if (!did(DeedKind::kGlitch)) {
        ++tally_.misnamed;
      }
      break;
    case FindingCode::kVcpuDisagreement:
      if (!did_near()) {
        Breach("blamed", id, name);
      } else {
        ++tally_.misnamed;
      }
      break;
    case FindingCode::kRateFault:
      // A host that runs off by less than a fault leaves a guest that does,
      // too, beyond what is allowed between them, and is no more to blame than
      // it.
      if (did(DeedKind::kRate) || Did(Fleet::kHost, DeedKind::kRate)) break;
      if ((finding.on_new > 0 && did_near()) ||
          Misread(id, finding.last_seen)) {
        ++tally_.misnamed;
      } else {
        Breach("blamed", id, name);
      }
      break;
    case FindingCode::kLeftBehindByHostStep:
      if (fleet_.deeds(Fleet::kHost).empty()) Breach("blamed", id, name);
      break;
    case FindingCode::kRebooted:
      if (!did(DeedKind::kReboot)) Breach("blamed", id, name);
      break;
    case FindingCode::kMigrated:
      if (!did(DeedKind::kMigrated)) Breach("blamed", id, name);
      break;
    case FindingCode::kTwoMasters:
      if (!did_near() && !did(DeedKind::kSlew)) Breach("blamed", id, name);
      break;
    case FindingCode::kLeapSecond:
      if (!did(DeedKind::kLeapSecond)) Breach("blamed", id, name);
      break;
    case FindingCode::kHostCounterJump:
    case FindingCode::kHostRate:
    case FindingCode::kSlewing:
    case FindingCode::kRtcLocalTime:
    case FindingCode::kClockUnset:
    case FindingCode::kNoAgent:
    case FindingCode::kAgentUnreachable:
    case FindingCode::kAgentUntrusted:
    case FindingCode::kHostStepped:
    case FindingCode::kHostUnproven:
    case FindingCode::kUnjudgedGuests:
      break;
  }
}

bool Checker::Did(GuestId id, DeedKind kind) const {
  const std::vector<Deed>& deeds = fleet_.deeds(id);
  return std::any_of(deeds.begin(), deeds.end(),
                     [&](const Deed& deed) { return deed.kind == kind; });
}

void Checker::CheckMovement(GuestId id, const Finding& finding) {
  if (finding.size->ContainsZero()) {
    // Set and set back.
    if (!Did(id, DeedKind::kSet)) {
      Breach("blamed", id, "sets that nobody did");
    }
    return;
  }
  const bool set = finding.code == FindingCode::kClockSet;
  // The last reading before came from an exchange that began earlier.
  MonotonicTime begin = finding.window_begin - absl::Seconds(5);
  if (const Asked* asked = fleet_.FindAsked(id, finding.window_begin)) {
    begin = asked->host_t1;
  }
  const absl::Duration long_ago = fleet_.HostNow() - begin;
  const Interval size =
      finding.size->WidenedBy(absl::Milliseconds(1) + long_ago * 6 / 10000);
  if (Explained(id, size, set, begin)) return;
  // An answer in between was too wide to tell: it agreed with the old line, and
  // what it took off that line is taken off the size, too.
  if (Explained(id, size.WidenedBy(absl::Milliseconds(10)), set,
                begin - absl::Minutes(3))) {
    ++tally_.seen_late;
    return;
  }
  const std::vector<Deed>& deeds = fleet_.deeds(id);
  const bool any =
      std::any_of(deeds.begin(), deeds.end(), [&](const Deed& deed) {
        return deed.host_at >= begin && deed.kind != DeedKind::kFrozen &&
               deed.kind != DeedKind::kSlew;
      });
  if (any || Misread(id, begin)) {
    ++tally_.misnamed;
    return;
  }
  Breach("blamed", id,
         absl::StrCat(std::string(CodeName(finding.code)), " ",
                      FormatInterval(*finding.size)));
}

// A misread, or a leap within an exchange, that is smaller than the exchange is
// long cannot be seen in it, and what it claims is false: no name is owed for
// what follows.
bool Checker::Misread(GuestId id, MonotonicTime since) const {
  const Guest& g = guests_[static_cast<size_t>(id)];
  return g.misread.has_value() && *g.misread >= since - absl::Minutes(3);
}

// A run of deeds since then adds up to the size, by counter or timekeeping.
bool Checker::Explained(GuestId id, const Interval& size, bool set,
                        MonotonicTime since) const {
  const std::vector<Deed>& deeds = fleet_.deeds(id);
  for (size_t first = 0; first < deeds.size(); ++first) {
    if (deeds[first].host_at < since) continue;
    absl::Duration sum;
    absl::Duration timekeeping;
    for (size_t last = first; last < deeds.size(); ++last) {
      sum += set ? MovesA(deeds[last]) : MovesC(deeds[last]);
      if (!set) timekeeping += MovesB(deeds[last]);
      for (const absl::Duration moved : {sum, timekeeping, sum + timekeeping}) {
        if (moved != absl::ZeroDuration() && size.Contains(moved)) return true;
      }
    }
  }
  return false;
}

void Checker::CheckMissed(GuestId id) {
  Guest& g = guests_[static_cast<size_t>(id)];
  if (!g.outside_from.has_value()) return;
  if (IsTrouble(g.row->verdict) || g.row->verdict == Verdict::kSuspended ||
      g.row->verdict == Verdict::kUnknown || fleet_.now() < g.doubtful_until) {
    g.outside_from.reset();
    return;
  }
  const absl::Duration allowed = fleet_.monitor_options().session.interval * 2 +
                                 absl::Seconds(3) + g.slowest * 24;
  if (g.answered - *g.outside_from < allowed) return;
  Breach("missed", id,
         absl::StrCat(std::string(VerdictName(g.row->verdict)), ", ",
                      g.row->reason, ", for ",
                      FormatAge(fleet_.now() - *g.outside_from)));
  g.outside_from.reset();
}

void Checker::Breach(const std::string& invariant, GuestId id,
                     const std::string& words) {
  ++tally_.breaches[invariant];
  if (tally_.words.size() >= kMostWords) return;
  std::string line = absl::StrCat(invariant, ": guest ", id, " at ",
                                  absl::ToDoubleSeconds(fleet_.now()),
                                  " s: ", words, "; done to it:");
  const std::vector<Deed>& deeds = fleet_.deeds(id);
  const size_t shown = std::min<size_t>(deeds.size(), 6);
  for (size_t i = deeds.size() - shown; i < deeds.size(); ++i) {
    absl::StrAppend(&line, " [", std::string(DeedName(deeds[i].kind)), " ",
                    FormatSeconds(deeds[i].size), " at ",
                    absl::ToDoubleSeconds(deeds[i].at), " s]");
  }
  tally_.words.push_back(std::move(line));
}

}  // namespace noonmark::simulation
