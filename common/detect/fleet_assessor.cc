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
// Over wide ways it takes three baselines of 20 min to prove a small rate, and
// others as long to deny it.
constexpr absl::Duration kPatience = absl::Hours(2);

// Whose leap it is others tell as soon as they are asked, and the slowest of
// them within this. A verdict waits for it, and is owed within two polls.
constexpr absl::Duration kLeapPatience = absl::Seconds(6);

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
  size_t owed = 0;
  for (const auto& [uuid, guest] : guests_) {
    if (guest.saved()) continue;
    ++owed;
    const std::optional<MonotonicTime>& since = guest.unjudged_since();
    if (!since.has_value() || now - *since <= unjudged_.after) continue;
    names.push_back(guest.policy().name.empty() ? uuid : guest.policy().name);
  }
  host_.OnUnjudged(std::move(names), owed, now);
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
  GuestAssessor& guest = Guest(input.guest);
  guest.SetOthers(guests_.size() - 1);
  const bool suspected = guest.suspects_counter();
  const bool open = guest.open_leap().has_value();
  Effect effect = {.host_moved = before || after,
                   .ask_again = guest.OnExchange(input.exchange)};
  // Now, while it is not decided yet whether it leapt: the sooner the others
  // are asked, the fewer of them may have leapt since by themselves.
  effect.ask_others = !suspected && guest.suspects_counter();
  if (!open && guest.open_leap().has_value()) {
    AttributeLeaps(
        guest,
        MonotonicTime::FromReading(input.exchange.host_received.monotonic),
        effect);
  }
  if (guest.TakeSet()) CountSetsAlike(guest, effect);
  return effect;
}

FleetAssessor::Effect FleetAssessor::On(const BurstEndInput& input) {
  GuestAssessor& guest = Guest(input.guest);
  Effect effect = {.ask_again =
                       guest.OnBurstEnd(host_.View(input.at), input.at)};
  if (guest.TakeSet()) CountSetsAlike(guest, effect);
  AttributeRates(input.at);
  if (leaps_ || guest.open_leap().has_value()) {
    AttributeLeaps(guest, input.at, effect);
    effect.ask_others = leaps_;
  }
  return effect;
}

// Whose counter is it that leapt?
void FleetAssessor::AttributeLeaps(const GuestAssessor& input,
                                   MonotonicTime now, Effect& effect) {
  leaps_ = false;
  for (auto& [uuid, guest] : guests_) {
    const std::optional<SeenLeap> leap = guest.open_leap();
    if (!leap.has_value()) continue;
    // The guest's leap ahead is the host's back, and the reverse.
    SeenLeap of_host = *leap;
    of_host.size = -leap->size;
    HostAlibi alibi = HostAlibi::kNone;
    LeapBlame blame = LeapBlame::kHost;
    if (host_.DidNotLeap(of_host)) {
      blame = LeapBlame::kGuest;
      alibi = HostAlibi::kOwnReadings;
    } else if (!host_leap_.has_value() || !MayBeOne(*leap, *host_leap_)) {
      blame = BlameOthersTell(guest, *leap, now);
      if (blame == LeapBlame::kGuest) alibi = HostAlibi::kOtherGuest;
      effect.host_moved |= blame == LeapBlame::kHost;
    }
    guest.JudgeLeap(blame, alibi, host_.View(now), now);
    if (blame == LeapBlame::kOpen) {
      leaps_ = true;
    } else {
      effect.others_judged |= &guest != &input;
    }
  }
}

LeapBlame FleetAssessor::BlameOthersTell(const GuestAssessor& guest,
                                         const SeenLeap& leap,
                                         MonotonicTime now) {
  std::vector<SeenLeap> alike;
  for (const auto& [uuid, other] : guests_) {
    const SeenLeap* const leapt = other.last_leap();
    if (&other != &guest && leapt != nullptr && MayBeOne(leap, *leapt)) {
      alike.push_back(*leapt);
    }
  }
  const std::optional<SeenLeap> common = CommonLeap(leap, alike);
  if (!common.has_value()) return LeapBlame::kGuest;
  LeapWords words;
  words.alike = alike.size();
  for (const auto& [uuid, other] : guests_) {
    const SeenLeap* const leapt = other.last_leap();
    if (&other == &guest) continue;
    if (leapt != nullptr && MayBeAtOnce(*common, *leapt)) {
      words.otherwise += MayBeOne(leap, *leapt) ? 0 : 1;
    } else if (other.DidNotMove(*common)) {
      ++words.sound;
    } else if (other.offset().has_value()) {
      // One that is silent just now may be so because the host's clocks leapt.
      ++words.unheard;
    }
  }
  const LeapBlame blame =
      BlameForLeap(words, now - guest.leapt_since(), kLeapPatience);
  if (blame == LeapBlame::kHost) {
    BlameHostForLeap(*common, alike.size() + 1, now);
  }
  return blame;
}

void FleetAssessor::CountSetsAlike(GuestAssessor& guest, Effect& effect) {
  const std::optional<SeenSet> set = guest.last_set();
  if (!set.has_value()) return;
  std::vector<GuestAssessor*> alike;
  for (auto& [uuid, other] : guests_) {
    const std::optional<SeenSet> theirs = other.last_set();
    if (theirs.has_value() && AreAlike(*set, *theirs)) alike.push_back(&other);
  }
  if (alike.size() < 2) return;
  for (GuestAssessor* const other : alike) {
    other->NoteSetAlike({.guests = static_cast<uint16_t>(alike.size()),
                         .of = static_cast<uint16_t>(guests_.size())});
  }
  effect.others_judged = true;
}

void FleetAssessor::BlameHostForLeap(const SeenLeap& leap, size_t alike,
                                     MonotonicTime now) {
  host_leap_ = leap;
  // As far as it is theirs, to the other side it is the host's.
  SeenLeap of_host = leap;
  of_host.size = -leap.size;
  host_.OnCounterLeap(of_host, alike, now);
  for (auto& [uuid, guest] : guests_) {
    guest.OnHostStepped(of_host.size, /*leap_second=*/false, now);
  }
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
    if (guest.rate_claim() == nullptr) continue;
    ++claims_;
    const ProvenRate& claim = *guest.rate_claim();
    std::vector<RateWitness> others;
    for (const auto& [other_uuid, other] : guests_) {
      if (&other == &guest || !IsMeasured(other)) continue;
      RateWitness witness;
      if (other.rate_claim() != nullptr) {
        witness.claimed = other.rate_claim()->rate;
      }
      witness.sound = other.Contradicts(claim);
      witness.leans = other.LeansWith(claim);
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

FleetAssessor::Effect FleetAssessor::On(const LifecycleInput& input) {
  Guest(input.guest).OnLifecycle(input.event, input.at);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const TscInput& input) {
  Guest(input.guest).OnTsc(input.tsc, input.at);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const ListeningInput& input) {
  if (input.listening == listening_.has_value()) return {};
  listening_.reset();
  if (input.listening) listening_ = input.at;
  for (auto& [uuid, guest] : guests_) guest.OnListening(listening_);
  return {};
}

FleetAssessor::Effect FleetAssessor::On(const GoneInput& input) {
  guests_.erase(input.guest);
  return {};
}

}  // namespace noonmark
