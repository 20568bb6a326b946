#include "host/trace/replay.h"

#include <map>
#include <utility>

#include "host/trace/thoughts.h"

namespace noonmark {
namespace {

MonotonicTime MomentOf(const CoreInput& input, MonotonicTime otherwise) {
  if (const auto* in = std::get_if<HostReadingInput>(&input)) {
    return MonotonicTime::FromReading(in->reading.monotonic);
  }
  if (const auto* in = std::get_if<DisciplineInput>(&input)) return in->at;
  if (const auto* in = std::get_if<ChronyInput>(&input)) {
    return in->report.asked;
  }
  if (const auto* in = std::get_if<PolicyInput>(&input)) return in->at;
  if (const auto* in = std::get_if<ExchangeInput>(&input)) {
    return MonotonicTime::FromReading(in->exchange.host_received.monotonic);
  }
  if (const auto* in = std::get_if<BurstEndInput>(&input)) return in->at;
  if (const auto* in = std::get_if<SilenceInput>(&input)) return in->at;
  if (const auto* in = std::get_if<PausedInput>(&input)) return in->at;
  if (const auto* in = std::get_if<LifecycleInput>(&input)) return in->at;
  if (const auto* in = std::get_if<TscInput>(&input)) return in->at;
  if (const auto* in = std::get_if<ListeningInput>(&input)) return in->at;
  return otherwise;
}

// A guest's name as it was configured, else its UUID.
std::string NameOf(const std::string& uuid, const GuestAssessor& guest) {
  return guest.policy().name.empty() ? uuid : guest.policy().name;
}

}  // namespace

absl::StatusOr<ReplayResult> Replay(
    TraceReader& trace, FleetAssessor& core,
    const std::function<void(const ReplayChange&)>& on_change) {
  ReplayResult result;
  Headline host_before;
  std::map<std::string, Headline> before;
  while (true) {
    absl::StatusOr<std::optional<CoreInput>> input = trace.Next();
    if (absl::IsDataLoss(input.status())) {
      result.warning = std::string(input.status().message());
      return result;
    }
    if (!input.ok()) return input.status();
    if (!input->has_value()) return result;
    ++result.inputs;
    result.end = MomentOf(**input, result.end);
    if (result.inputs == 1) result.begin = result.end;
    core.Apply(**input);

    const auto tell = [&](const std::string& who, const Headline& now,
                          Headline& known) {
      for (std::string& what : now.ChangesSince(known)) {
        on_change({result.end - result.begin, who, std::move(what)});
      }
      known = now;
    };
    // What is said of the host depends on how it is disciplined, too, which is
    // looked at once a second, and on its guests.
    if (!std::holds_alternative<ExchangeInput>(**input)) {
      tell(trace.header().host_name(), Headline(core.host(), result.end),
           host_before);
    }
    // Readings of the host change guests only when it moved, and then at their
    // next burst at the latest; only a guest's own inputs are looked at.
    const std::string* uuid = GuestOf(**input);
    if (uuid == nullptr) continue;
    const auto guest = core.guests().find(*uuid);
    if (guest == core.guests().end()) {
      before.erase(*uuid);
      continue;
    }
    tell(NameOf(*uuid, guest->second), Headline(guest->second), before[*uuid]);
  }
}

}  // namespace noonmark
