#include "common/detect/fleet_assessor.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace noonmark {

FleetAssessor::Effect FleetAssessor::Apply(const CoreInput& input) {
  if (record_) record_(input);
  return std::visit([this](const auto& kind) { return On(kind); }, input);
}

bool FleetAssessor::LookAtHost(const ClockReading& reading) {
  const HostTracker::Result result = host_.OnReading(reading);
  if (!result.slept && !result.stepped.has_value()) return false;
  const MonotonicTime now = MonotonicTime::FromReading(reading.monotonic);
  for (auto& [uuid, guest] : guests_) {
    if (result.slept) guest.OnHostSlept();
    if (result.stepped.has_value()) guest.OnHostStepped(*result.stepped, now);
  }
  return true;
}

FleetAssessor::Effect FleetAssessor::On(const HostReadingInput& input) {
  return {.host_moved = LookAtHost(input.reading)};
}

FleetAssessor::Effect FleetAssessor::On(const DisciplineInput& input) {
  host_.OnDiscipline(input.discipline, input.at);
  CountUnjudged(input.at);
  host_.Expire(input.at, guest_options_.keep_findings);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const ChronyInput& input) {
  host_.OnChrony(input.report);
  return {};
}

// So that silence is never overlooked.
void FleetAssessor::CountUnjudged(MonotonicTime now) {
  std::vector<std::string> names;
  for (const auto& [uuid, guest] : guests_) {
    const std::optional<MonotonicTime>& since = guest.unjudged_since();
    if (!since.has_value() || now - *since <= unjudged_.after) continue;
    names.push_back(guest.policy().name.empty() ? uuid : guest.policy().name);
  }
  host_.OnUnjudged(std::move(names), guests_.size(), now);
}

FleetAssessor::Effect FleetAssessor::On(const PolicyInput& input) {
  Guest(input.guest).SetPolicy(input.policy, input.at);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const StreamInput& input) {
  Guest(input.guest).OnNewStream(input.stream);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const ExchangeInput& input) {
  // The host first: a step of its own must blame nobody.
  const bool before = LookAtHost(input.exchange.host_sent);
  const bool after = LookAtHost(input.exchange.host_received);
  return {.host_moved = before || after,
          .ask_again = Guest(input.guest).OnExchange(input.exchange)};
}

FleetAssessor::Effect FleetAssessor::On(const BurstEndInput& input) {
  return {.ask_again =
              Guest(input.guest).OnBurstEnd(host_.View(input.at), input.at)};
}

FleetAssessor::Effect FleetAssessor::On(const SilenceInput& input) {
  GuestAssessor& guest = Guest(input.guest);
  switch (input.kind) {
    case SilenceInput::Kind::kNoAgent:
      guest.OnNoAgent(input.note, input.at);
      break;
    case SilenceInput::Kind::kUnreachable:
      guest.OnUnreachable(input.note, input.at);
      break;
    case SilenceInput::Kind::kUntrusted:
      guest.OnUntrusted(input.note, input.at);
      break;
  }
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const PausedInput& input) {
  Guest(input.guest).OnPaused(input.at);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const GoneInput& input) {
  guests_.erase(input.guest);
  return {};
}

}  // namespace noonmark
