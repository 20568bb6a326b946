#include "guest/units/survey.h"

#include <fnmatch.h>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

bool IsPattern(const std::string& unit) {
  return unit.find('*') != std::string::npos;
}

// One survey, from its first question to its last. It holds itself while it
// waits for an answer.
class Survey : public std::enable_shared_from_this<Survey> {
 public:
  using Then = std::function<void(absl::StatusOr<std::vector<SeenUnit>>)>;

  Survey(UnitManager* manager, const std::vector<ServiceProfile>* profiles,
         const std::vector<std::string>& also, const ProofPaths& paths,
         Then then)
      : manager_(manager),
        profiles_(profiles),
        also_(also.begin(), also.end()),
        paths_(paths),
        then_(std::move(then)) {}

  void Start() {
    std::vector<std::string> patterns;
    for (const ServiceProfile& profile : *profiles_) {
      for (const std::string& unit : profile.units) {
        if (IsPattern(unit)) patterns.push_back(unit);
      }
    }
    Ask(patterns.size(), [this] { LookAtAll(); });
    for (const std::string& pattern : patterns) {
      manager_->Match(
          pattern, [self = shared_from_this(),
                    pattern](absl::StatusOr<std::vector<std::string>> names) {
            if (names.ok()) {
              self->instances_[pattern].insert(names->begin(), names->end());
            } else if (self->status_.ok()) {
              self->status_ = names.status();
            }
            self->Answered();
          });
    }
    if (patterns.empty()) LookAtAll();
  }

 private:
  void Ask(size_t questions, std::function<void()> next) {
    open_ = questions;
    next_ = std::move(next);
  }
  void Answered() {
    if (--open_ != 0) return;
    const std::function<void()> next = std::move(next_);
    next();
  }

  // The units of a profile, instances in the place of patterns.
  std::set<std::string> UnitsOf(const ServiceProfile& profile) {
    std::set<std::string> units;
    for (const std::string& unit : profile.units) {
      if (IsPattern(unit)) {
        units.insert(instances_[unit].begin(), instances_[unit].end());
      } else {
        units.insert(unit);
      }
    }
    for (const std::string& unit : also_) {
      if (ProfileOf(*profiles_, unit) == &profile) units.insert(unit);
    }
    return units;
  }

  void LookAtAll() {
    if (!status_.ok()) return then_(status_);
    std::set<std::string> names;
    for (const ServiceProfile& profile : *profiles_) {
      const std::set<std::string> units = UnitsOf(profile);
      names.insert(units.begin(), units.end());
      names.insert(profile.sockets.begin(), profile.sockets.end());
    }
    // Nothing is listed: the ports need no look either.
    if (names.empty()) return then_(std::vector<SeenUnit>());
    Ask(names.size(), [this] { Tell(); });
    for (const std::string& name : names) {
      manager_->Look(name, [self = shared_from_this(),
                            name](absl::StatusOr<UnitFacts> facts) {
        self->facts_.emplace(name, std::move(facts));
        self->Answered();
      });
    }
  }

  const UnitFacts* FactsOf(const std::string& unit) const {
    const auto found = facts_.find(unit);
    return found != facts_.end() && found->second.ok() ? &*found->second
                                                       : nullptr;
  }

  void Tell() {
    const absl::StatusOr<std::set<uint16_t>> listening = ListeningPorts(paths_);
    std::vector<SeenUnit> seen;
    for (const ServiceProfile& profile : *profiles_) {
      bool has_socket = false;
      std::set<uint16_t> of_sockets;
      for (const std::string& socket : profile.sockets) {
        const UnitFacts* facts = FactsOf(socket);
        if (facts == nullptr || facts->state != ServiceState::kActive) continue;
        has_socket = true;
        of_sockets.insert(facts->ports.begin(), facts->ports.end());
      }
      bool listens = false;
      for (const uint16_t port : profile.ports) {
        listens |= listening.ok() && listening->contains(port) &&
                   !of_sockets.contains(port);
      }
      for (const std::string& name : UnitsOf(profile)) {
        const UnitFacts* facts = FactsOf(name);
        const bool is_missing = facts != nullptr && !facts->is_loaded &&
                                facts->state == ServiceState::kInactive;
        if (is_missing && !also_.contains(name)) continue;
        SeenUnit unit;
        unit.unit = name;
        unit.profile = profile.name;
        unit.role = profile.role;
        unit.stop_limit = profile.stop_limit;
        unit.ready_limit = profile.ready_limit;
        unit.settle = profile.settle;
        unit.kernel_tells = profile.kernel_tells;
        unit.acts_before_start = profile.acts_before_start;
        unit.acts_after_step = profile.acts_after_step;
        unit.has_socket = has_socket;
        unit.listens = listens;
        if (facts != nullptr && listening.ok()) {
          const absl::StatusOr<bool> processes =
              HasProcesses(paths_, facts->control_group);
          unit.known = processes.ok();
          unit.has_processes = processes.value_or(true);
          unit.state = facts->state;
        }
        seen.push_back(std::move(unit));
      }
    }
    if (seen.size() > kMostServices) {
      return then_(absl::ResourceExhaustedError(
          absl::StrCat(seen.size(), " units are listed, at most ",
                       kMostServices, " can be")));
    }
    then_(std::move(seen));
  }

  UnitManager* const manager_;
  const std::vector<ServiceProfile>* const profiles_;
  const std::set<std::string> also_;
  const ProofPaths paths_;
  const Then then_;

  size_t open_ = 0;
  std::function<void()> next_;
  absl::Status status_;
  std::map<std::string, std::set<std::string>> instances_;  // by pattern
  std::map<std::string, absl::StatusOr<UnitFacts>> facts_;
};

}  // namespace

const ServiceProfile* ProfileOf(const std::vector<ServiceProfile>& profiles,
                                const std::string& unit) {
  for (const ServiceProfile& profile : profiles) {
    for (const std::string& pattern : profile.units) {
      if (fnmatch(pattern.c_str(), unit.c_str(), 0) == 0) return &profile;
    }
  }
  return nullptr;
}

void SurveyServices(
    UnitManager* manager, const std::vector<ServiceProfile>* profiles,
    const std::vector<std::string>& also, const ProofPaths& paths,
    std::function<void(absl::StatusOr<std::vector<SeenUnit>>)> then) {
  std::make_shared<Survey>(manager, profiles, also, paths, std::move(then))
      ->Start();
}

}  // namespace noonmark
