#include "tests/simulation/correction_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace noonmark::simulation {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

// Debian's abseil has a string_view of its own.
absl::string_view Text(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

CorrectionRun::CorrectionRun(uint64_t seed, const GuestCorrectionConfig& config,
                             absl::Duration offset, Mutation mutation)
    : random(seed), checker(config.limits) {
  guest = std::make_unique<CorrectionGuest>(agenda, random.Fork(), kills,
                                            checker, config, offset, mutation);
}

CorrectionHost& CorrectionRun::AddHost(const CorrectionHost::Options& options) {
  hosts.push_back(std::make_unique<CorrectionHost>(agenda, random.Fork(), kills,
                                                   checker, *guest, options));
  return *hosts.back();
}

bool CorrectionRun::AtPeace() const {
  return guest->AtPeace() &&
         std::all_of(hosts.begin(), hosts.end(),
                     [](const auto& host) { return host->AtPeace(); });
}

void CorrectionRun::RunFor(absl::Duration time) {
  const absl::Duration end = agenda.Time() + time;
  while (agenda.DoNext(end)) guest->Check();
}

void CorrectionRun::ComeToPeace(absl::Duration within) {
  kills.Stop();
  healed = true;
  checker.Say("world", "nothing fails any more");
  guest->Heal();
  for (const auto& host : hosts) host->Heal();
  const absl::Duration end = agenda.Time() + within;
  while (!AtPeace() && agenda.DoNext(end)) guest->Check();
  checker.Expect(guest->AtPeace(), "liveness", "the guest is not at peace");
  for (const auto& host : hosts) {
    checker.Expect(host->AtPeace(), "liveness", "a dom0 is not at peace");
  }
  RunFor(30 * kSecond);
  // What is late at its start is late, and not down.
  const auto is_starting = [](const FakeUnit& unit) {
    return unit.seen.state == ServiceState::kStarting ||
           unit.seen.state == ServiceState::kStopping;
  };
  const std::vector<FakeUnit>& units = guest->Units().All();
  for (int i = 0;
       i < 20 && std::any_of(units.begin(), units.end(), is_starting); ++i) {
    RunFor(10 * kSecond);
  }
  for (const FakeUnit& unit : guest->Units().All()) {
    const bool is_up = !unit.wanted || unit.stopped_by_person ||
                       unit.seen.state == ServiceState::kActive;
    checker.Expect(is_up || unit.starts_failed >= 1, "liveness",
                   absl::StrCat(unit.seen.unit, " is not up"));
    checker.Expect(is_up || !unit.owed || guest->HasToldOfFailure(), "liveness",
                   absl::StrCat(unit.seen.unit, " is down and nobody says so"));
  }
}

CorrectionTally CorrectionRun::Tally() const {
  CorrectionTally tally;
  tally.runs = 1;
  tally.points = kills.Passed();
  tally.writes = kills.Writes();
  tally.deaths = kills.Struck();
  tally.moves = checker.Moves();
  for (const auto& host : hosts) {
    if (!host->Last().has_value()) continue;
    ++tally.results[absl::StrCat(
        Text(HostResultName(host->Last()->result)), " (",
        Text(HostReasonName(host->Last()->reason)), ")")];
  }
  if (guest->Machine() != nullptr) {
    const OperationStatus status = guest->Machine()->Status(guest->Boottime());
    ++tally.outcomes[absl::StrCat(Text(OutcomeName(status.outcome)), ", ",
                                  Text(FateName(status.fate)))];
  }
  for (const std::string& breach : checker.Breaches()) {
    ++tally.breaches[breach];
  }
  return tally;
}

}  // namespace noonmark::simulation
