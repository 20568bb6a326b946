#include "common/correct/watchman.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

std::string Words(const OwnEvidence& evidence) {
  switch (evidence.kind) {
    case OwnEvidence::Kind::kClockSet:
      return absl::StrCat("the clock was set by ",
                          absl::FormatDuration(evidence.by));
    case OwnEvidence::Kind::kGlitch:
      return "the clock gave wrong readings";
    case OwnEvidence::Kind::kLoginFails:
      return "a login does not get through";
  }
  return "";
}

}  // namespace

Watchman::Watchman(std::vector<Service> services, WatchmanLimits limits)
    : limits_(limits) {
  for (Service& service : services) {
    states_.emplace_back().service = std::move(service);
  }
}

std::vector<Watchman::Reload> Watchman::OnLine(const JumpLine& line,
                                               MonotonicTime now) {
  if (line.suffers_for <= limits_.bearable) return {};
  for (State& state : states_) {
    if (state.service.teller != line.teller) continue;
    state.suffers_since = now;
    state.suffers_for = line.suffers_for;
  }
  return Decide(now);
}

std::vector<Watchman::Reload> Watchman::OnEvidence(const OwnEvidence& evidence,
                                                   MonotonicTime now) {
  evidence_ = evidence;
  evidence_at_ = now;
  if (evidence.kind == OwnEvidence::Kind::kClockSet &&
      evidence.by <= -limits_.silent_suffering) {
    for (State& state : states_) {
      if (!state.service.in_silence) continue;
      state.suffers_since = now;
      state.suffers_for = -evidence.by;
    }
  }
  return Decide(now);
}

bool Watchman::WantsProbe(MonotonicTime now) const {
  if (HasEvidence(now)) return false;
  return std::any_of(states_.begin(), states_.end(),
                     [&](const State& state) { return Suffers(state, now); });
}

bool Watchman::HasEvidence(MonotonicTime now) const {
  return evidence_at_.has_value() && now - *evidence_at_ <= limits_.together;
}

bool Watchman::Suffers(const State& state, MonotonicTime now) const {
  return state.suffers_since.has_value() &&
         now - *state.suffers_since <= limits_.together;
}

bool Watchman::MayReload(const State& state, MonotonicTime now) const {
  const auto lately = std::count_if(
      state.reloads.begin(), state.reloads.end(), [&](MonotonicTime reload) {
        return now - reload < limits_.most_reloads_in;
      });
  return lately < limits_.most_reloads;
}

std::vector<Watchman::Reload> Watchman::Decide(MonotonicTime now) {
  std::vector<Reload> reloads;
  if (!HasEvidence(now)) return reloads;
  for (State& state : states_) {
    if (!Suffers(state, now)) continue;
    // Whether it may or not, this suffering is done with.
    state.suffers_since.reset();
    if (!MayReload(state, now)) continue;
    state.reloads.push_back(now);
    if (state.reloads.size() > static_cast<size_t>(limits_.most_reloads)) {
      state.reloads.erase(state.reloads.begin());
    }
    reloads.push_back(
        {.profile = state.service.profile,
         .why = state.suffers_for == absl::InfiniteDuration()
                    ? absl::StrCat("it suffers, and ", Words(evidence_))
                    : absl::StrCat("it suffers for ",
                                   absl::FormatDuration(state.suffers_for),
                                   ", and ", Words(evidence_))});
  }
  return reloads;
}

}  // namespace noonmark
