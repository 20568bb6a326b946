#include "guest/demo/scripted_services.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

constexpr char kUsage[] =
    "UNIT=ROLE[,stop=TIME][,start=TIME][,would-not-stop][,would-not-start]"
    "[,steps-after-start=SIZE], as dovecot.service=mail-store,stop=2s";

// What an imaginary profile allows beyond what the script takes.
constexpr absl::Duration kPatience = absl::Seconds(2);

absl::Status Bad(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("service \"", text, "\": ", why, "; expected ", kUsage));
}

bool ParseRole(absl::string_view text, ServiceRole* role) {
  for (const auto& [name, value] :
       {std::pair<absl::string_view, ServiceRole>{"mail-transfer",
                                                  ServiceRole::kMailTransfer},
        {"mail-store", ServiceRole::kMailStore},
        {"time-daemon", ServiceRole::kTimeDaemon},
        {"other", ServiceRole::kOther}}) {
    if (text != name) continue;
    *role = value;
    return true;
  }
  return false;
}

bool ParseUpTo(absl::Duration most, absl::string_view text,
               absl::Duration* into) {
  return absl::ParseDuration(text, into) && absl::AbsDuration(*into) <= most;
}

}  // namespace

absl::StatusOr<ScriptedService> ParseScriptedService(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ',');
  const std::vector<absl::string_view> head =
      absl::StrSplit(parts[0], absl::MaxSplits('=', 1));
  ScriptedService service;
  service.unit = std::string(head[0]);
  if (service.unit.empty() || service.unit.size() > kMostUnitCharacters) {
    return Bad(text, "no unit's name");
  }
  if (head.size() != 2 || !ParseRole(head[1], &service.role)) {
    return Bad(text, "no role");
  }
  const absl::Duration minute = absl::Minutes(1);
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::string_view part = parts[i];
    bool good = true;
    if (absl::ConsumePrefix(&part, "stop=")) {
      good = ParseUpTo(minute, part, &service.stops_in) &&
             service.stops_in >= absl::ZeroDuration();
    } else if (absl::ConsumePrefix(&part, "start=")) {
      good = ParseUpTo(minute, part, &service.starts_in) &&
             service.starts_in >= absl::ZeroDuration();
    } else if (absl::ConsumePrefix(&part, "steps-after-start=")) {
      good = ParseUpTo(absl::Hours(24 * 365), part, &service.steps_after_start);
    } else if (part == "would-not-stop") {
      service.would_not_stop = true;
    } else if (part == "would-not-start") {
      service.would_not_start = true;
    } else {
      good = false;
    }
    if (!good) return Bad(text, absl::StrCat("\"", parts[i], "\" is unknown"));
  }
  return service;
}

ScriptedServices::ScriptedServices(std::vector<ScriptedService> services) {
  for (ScriptedService& service : services) {
    services_.emplace_back().script = std::move(service);
  }
}

ScriptedServices::Job ScriptedServices::Stop(const std::string& unit,
                                             absl::Duration limit,
                                             MonotonicTime now) {
  Live* live = FindLive(unit);
  if (live == nullptr) return {};
  if (live->At(now) == ServiceState::kInactive)
    return {.lasts = {}, .ok = true};
  const bool stops =
      !live->script.would_not_stop && live->script.stops_in <= limit;
  const absl::Duration lasts = stops ? live->script.stops_in : limit;
  live->now = ServiceState::kStopping;
  live->then = stops ? ServiceState::kInactive : ServiceState::kActive;
  live->since = now + lasts;
  return {.lasts = lasts, .ok = stops};
}

ScriptedServices::Job ScriptedServices::Start(const std::string& unit,
                                              absl::Duration limit,
                                              MonotonicTime now) {
  Live* live = FindLive(unit);
  if (live == nullptr) return {};
  if (live->At(now) == ServiceState::kActive) return {.lasts = {}, .ok = true};
  const bool starts =
      !live->script.would_not_start && live->script.starts_in <= limit;
  const absl::Duration lasts = std::min(live->script.starts_in, limit);
  live->now = ServiceState::kStarting;
  live->then = starts ? ServiceState::kActive : ServiceState::kFailed;
  live->since = now + lasts;
  return {.lasts = lasts, .ok = starts};
}

std::vector<SeenUnit> ScriptedServices::Survey(MonotonicTime now) const {
  std::vector<SeenUnit> seen;
  for (const Live& live : services_) {
    SeenUnit& unit = seen.emplace_back();
    unit.unit = live.script.unit;
    // "postfix@-.service" is treated as "postfix".
    unit.profile = unit.unit.substr(0, unit.unit.find_first_of("@."));
    unit.role = live.script.role;
    unit.stop_limit = live.script.stops_in + kPatience;
    unit.ready_limit = live.script.starts_in + kPatience;
    unit.settle = absl::Seconds(1);
    unit.known = true;
    unit.state = live.At(now);
    unit.has_processes = unit.state != ServiceState::kInactive &&
                         unit.state != ServiceState::kFailed;
    unit.listens = unit.has_processes;
  }
  return seen;
}

const ScriptedService* ScriptedServices::Find(const std::string& unit) const {
  for (const Live& live : services_) {
    if (live.script.unit == unit) return &live.script;
  }
  return nullptr;
}

ScriptedServices::Live* ScriptedServices::FindLive(const std::string& unit) {
  const auto it = std::find_if(
      services_.begin(), services_.end(),
      [&unit](const Live& live) { return live.script.unit == unit; });
  return it == services_.end() ? nullptr : &*it;
}

}  // namespace noonmark
