#include "guest/corrector/reloads.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "guest/corrector/places.h"

namespace noonmark {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(60);
constexpr absl::Duration kLookAgain = absl::Milliseconds(500);

void LogEnd(const std::string& what, const absl::Status& status) {
  if (status.ok()) return LogInfo(what);
  LogWarning(absl::StrCat(what, ": ", status.message()));
}

// Calls `then` when it was called as often as there were parts.
std::function<void()> AfterAll(size_t parts, std::function<void()> then) {
  const auto open = std::make_shared<size_t>(parts);
  return [open, then = std::move(then)] {
    if (--*open == 0) then();
  };
}

}  // namespace

absl::Status Reloads::Begin(const std::string& name) {
  const auto profile =
      std::find_if(profiles_->begin(), profiles_->end(),
                   [&](const ServiceProfile& p) { return p.name == name; });
  if (profile == profiles_->end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no profile \"", name, "\" is listed"));
  }
  if (!under_way_.insert(name).second) {
    return absl::FailedPreconditionError(
        absl::StrCat("the last reload of ", name, " is not over"));
  }
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto next = AfterAll(profile->units.size(), [this, profile, names] {
    Look(*profile, *names);
  });
  for (const std::string& unit : profile->units) {
    if (unit.find('*') == unit.npos) {
      names->push_back(unit);
      next();
      continue;
    }
    units_->Match(
        unit, [names, next](absl::StatusOr<std::vector<std::string>> found) {
          if (found.ok()) {
            names->insert(names->end(), found->begin(), found->end());
          } else {
            LogEnd("the units of a profile", found.status());
          }
          next();
        });
  }
  return absl::OkStatus();
}

void Reloads::Look(const ServiceProfile& profile, const Names& units) {
  if (units.empty()) return Act(profile, units);
  const auto next =
      AfterAll(units.size(), [this, &profile, units] { Act(profile, units); });
  for (const std::string& unit : units) {
    units_->Look(unit, [this, &profile, unit,
                        next](absl::StatusOr<UnitFacts> facts) {
      const bool failed = facts.ok() && facts->state == ServiceState::kFailed;
      const bool reloads = facts.ok() && facts->can_reload &&
                           facts->state == ServiceState::kActive &&
                           !profile.acts_when_unannounced;
      if (!failed && !reloads) return next();
      units_->Order(failed ? UnitVerb::kStart : UnitVerb::kReload, unit, kLimit,
                    nullptr, [failed, unit, next](const absl::Status& done) {
                      LogEnd(absl::StrCat(failed ? "start " : "reload ", unit,
                                          " after a step of the clock"),
                             done);
                      next();
                    });
    });
  }
}

void Reloads::Act(const ServiceProfile& profile, const Names& units) {
  if (!profile.acts_when_unannounced) {
    under_way_.erase(profile.name);
    return LookAfter(units, kAftercare);
  }
  const std::string unit = ActionUnit(profile.name, "unannounced");
  units_->Order(UnitVerb::kStart, unit, kLimit, nullptr,
                [this, &profile, units, unit](const absl::Status& done) {
                  LogEnd(unit, done);
                  under_way_.erase(profile.name);
                  LookAfter(units, kAftercare);
                });
}

void Reloads::LookAfter(const Names& units, absl::Duration left) {
  for (const std::string& unit : units) StartIfFailed(unit, left);
}

void Reloads::StartIfFailed(const std::string& unit, absl::Duration left) {
  units_->Look(unit, [this, unit, left](absl::StatusOr<UnitFacts> facts) {
    if (!facts.ok() || facts->state != ServiceState::kFailed) {
      if (left <= absl::ZeroDuration()) return;
      return loop_->Later(kLookAgain, [this, unit, left] {
        StartIfFailed(unit, left - kLookAgain);
      });
    }
    if (!may_start_()) return;
    units_->Order(UnitVerb::kStart, unit, kLimit, nullptr,
                  [unit](const absl::Status& done) {
                    LogEnd(absl::StrCat("start ", unit,
                                        ", which died after a step of the "
                                        "clock"),
                           done);
                  });
  });
}

}  // namespace noonmark
