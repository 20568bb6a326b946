#include "common/correct/unit_return.h"

#include <algorithm>
#include <iterator>

#include "common/correct/open_operation.h"

namespace noonmark {
namespace {

// After the first start that began; the first is at once.
constexpr absl::Duration kLaterStarts[] = {absl::Seconds(5), absl::Seconds(20)};
constexpr absl::Duration kBetweenAsks = absl::Milliseconds(250);
constexpr absl::Duration kUntilHeard = absl::Seconds(1);

}  // namespace

void UnitReturn::Add(const SeenUnit& unit) {
  Unit added;
  added.name = unit.unit;
  added.rank = ReturnRank(unit.role);
  added.limit = unit.ready_limit;
  units_.push_back(added);
}

UnitReturn::Unit* UnitReturn::Find(const std::string& name) {
  const auto found =
      std::find_if(units_.begin(), units_.end(),
                   [&](const Unit& unit) { return unit.name == name; });
  return found == units_.end() ? nullptr : &*found;
}

std::vector<GuestAct> UnitReturn::Next(int rank, absl::Duration boottime) {
  std::vector<GuestAct> acts;
  for (Unit& unit : units_) {
    if (unit.rank > rank || unit.due > boottime) continue;
    if (unit.state == State::kDown) {
      if (unit.starts == 0) unit.first_start = boottime;
      ++unit.starts;
      unit.state = State::kStarting;
      acts.push_back(StartUnit{unit.name, unit.limit});
    } else if (unit.state == State::kStarted) {
      unit.state = State::kAsking;
      acts.push_back(AskReady{unit.name});
    }
  }
  return acts;
}

void UnitReturn::Started(const std::string& name, bool ok,
                         absl::Duration boottime) {
  Unit* unit = Find(name);
  if (unit == nullptr || unit->state != State::kStarting) return;
  if (ok) {
    unit->state = State::kStarted;
    unit->started = boottime;
    unit->due = boottime;
  } else if (unit->starts > static_cast<int>(std::size(kLaterStarts))) {
    unit->state = State::kFailed;
  } else {
    unit->state = State::kDown;
    unit->due = unit->first_start + kLaterStarts[unit->starts - 1];
  }
}

void UnitReturn::NotHeard(const std::string& name, absl::Duration boottime) {
  Unit* unit = Find(name);
  if (unit == nullptr || unit->state != State::kStarting) return;
  --unit->starts;
  unit->state = State::kDown;
  unit->due = boottime + kUntilHeard;
}

void UnitReturn::Asked(const std::string& name, bool ok,
                       absl::Duration boottime) {
  Unit* unit = Find(name);
  if (unit == nullptr || unit->state != State::kAsking) return;
  if (ok) {
    unit->state = State::kServes;
  } else if (boottime >= unit->started + unit->limit) {
    unit->state = State::kFailed;
  } else {
    unit->state = State::kStarted;
    unit->due = boottime + kBetweenAsks;
  }
}

bool UnitReturn::Tried(int rank) const {
  return std::all_of(units_.begin(), units_.end(), [&](const Unit& unit) {
    return unit.rank > rank || unit.state == State::kServes ||
           unit.state == State::kFailed ||
           (unit.state == State::kDown && unit.starts > 0);
  });
}

bool UnitReturn::Over() const {
  return std::all_of(units_.begin(), units_.end(), [](const Unit& unit) {
    return unit.state == State::kServes || unit.state == State::kFailed;
  });
}

std::vector<std::string> UnitReturn::Failed() const {
  std::vector<std::string> failed;
  for (const Unit& unit : units_) {
    if (unit.state == State::kFailed) failed.push_back(unit.name);
  }
  return failed;
}

absl::Duration UnitReturn::NextMoment(int rank) const {
  absl::Duration next = absl::InfiniteDuration();
  for (const Unit& unit : units_) {
    const bool waits =
        unit.state == State::kDown || unit.state == State::kStarted;
    if (waits && unit.rank <= rank) next = std::min(next, unit.due);
  }
  return next;
}

}  // namespace noonmark
