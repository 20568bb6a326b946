#include "common/detect/fleet_assessor.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace noonmark {
namespace {

// All guests are looked at for it: after each burst only while few claims may
// wait for just that guest's word.
constexpr absl::Duration kAttributeEvery = absl::Seconds(1);
constexpr size_t kFewClaims = 4;
// Over wide ways it takes minutes to prove a small rate.
constexpr absl::Duration kPatience = absl::Hours(1);

// It answers and is compared.
bool IsMeasured(const GuestAssessor& guest) {
  return guest.verdict() != Verdict::kUnknown &&
         guest.verdict() != Verdict::kSuspended;
}

}  // namespace

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
    if (result.stepped.has_value()) {
      guest.OnHostStepped(*result.stepped, result.leap_second, now);
    }
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
  const bool again =
      Guest(input.guest).OnBurstEnd(host_.View(input.at), input.at);
  AttributeRates(input.at);
  return {.ask_again = again};
}

// Whose counter is it that runs off?
void FleetAssessor::AttributeRates(MonotonicTime now) {
  const bool awaited = claims_ > 0 && claims_ <= kFewClaims;
  if (!awaited && attributed_.has_value() &&
      now - *attributed_ < kAttributeEvery) {
    return;
  }
  attributed_ = now;
  claims_ = 0;
  std::vector<RateInterval> suffering;
  size_t judged = 0;
  for (auto& [uuid, guest] : guests_) {
    judged += IsMeasured(guest) ? 1 : 0;
    if (!guest.rate_claim().has_value()) continue;
    ++claims_;
    const ProvenRate& claim = *guest.rate_claim();
    std::vector<RateWitness> others;
    for (const auto& [other_uuid, other] : guests_) {
      if (&other == &guest || !IsMeasured(other)) continue;
      RateWitness witness;
      if (other.rate_claim().has_value()) {
        witness.claimed = other.rate_claim()->rate;
      }
      witness.sound = other.Contradicts(claim);
      others.push_back(witness);
    }
    const RateBlame blame = BlameForRate(
        claim.rate, others, now - guest.rate_claimed_since(), kPatience);
    guest.JudgeRate(blame, now);
    if (blame == RateBlame::kHost) suffering.push_back(claim.rate);
  }
  host_.OnSharedRate(suffering, judged, now);
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
