#include "host/trace/replay.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {
namespace {

std::string Ns(absl::Duration d) {
  // Quarters of a nanosecond are all that absl::Duration knows.
  return absl::FormatDuration(d);
}

std::string Bounds(const Interval& interval) {
  return absl::StrCat("[", Ns(interval.lo), ", ", Ns(interval.hi), "]");
}

std::string Rate(const RateInterval& rate) {
  return absl::StrFormat("[%.17g ppm, %.17g ppm]", rate.lo_ppm, rate.hi_ppm);
}

// What a change of is told.
std::string Headline(const GuestAssessor& guest) {
  std::string line(VerdictName(guest.verdict()));
  for (const Finding& finding : guest.findings()) {
    absl::StrAppend(&line, " ", std::string(CodeName(finding.code)),
                    finding.active ? "" : "(over)", "x", finding.occurrences);
  }
  return line;
}

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
  return otherwise;
}

}  // namespace

std::string ThoughtsOf(std::string_view uuid, const GuestAssessor& guest) {
  std::string text = absl::StrCat(
      std::string(uuid), " ", std::string(VerdictName(guest.verdict())),
      guest.reason().empty() ? "" : ": ", std::string(guest.reason()),
      " since ", Ns(guest.verdict_since().Reading()), "\n");
  if (guest.offset().has_value()) {
    absl::StrAppend(&text, "  offset ", Bounds(*guest.offset()), " at ",
                    Ns(guest.measured().Reading()), "\n");
  }
  if (guest.rate().has_value()) {
    absl::StrAppend(&text, "  rate ", Rate(*guest.rate()), "\n");
  }
  if (const std::optional<DriftEstimate> drift = guest.drift()) {
    absl::StrAppend(&text, "  drift ", Rate(drift->bar),
                    drift->straight ? "" : " not constant", " over ",
                    Ns(drift->window), "\n");
  }
  for (const Finding& f : guest.findings()) {
    absl::StrAppend(&text, "  ", std::string(CodeName(f.code)),
                    f.active ? "" : " (over)", " severity ",
                    static_cast<int>(f.severity), " x", f.occurrences, " from ",
                    Ns(f.first_seen.Reading()), " to ",
                    Ns(f.last_seen.Reading()));
    if (f.size.has_value()) absl::StrAppend(&text, " size ", Bounds(*f.size));
    if (f.signature != nullptr) {
      absl::StrAppend(&text, " = ", f.signature->name);
    }
    if (f.rate.has_value()) absl::StrAppend(&text, " rate ", Rate(*f.rate));
    absl::StrAppend(&text, " burst ", f.on_old, "/", f.on_new, "/",
                    f.on_neither, f.note.empty() ? "" : " ", f.note, "\n");
  }
  return text;
}

absl::StatusOr<ReplayResult> Replay(
    TraceReader& trace, FleetAssessor& core,
    const std::function<void(MonotonicTime, const std::string& uuid)>&
        on_change) {
  ReplayResult result;
  std::map<std::string, std::string> headlines;
  MonotonicTime now;
  while (true) {
    absl::StatusOr<std::optional<CoreInput>> input = trace.Next();
    if (absl::IsDataLoss(input.status())) {
      result.warning = std::string(input.status().message());
      return result;
    }
    if (!input.ok()) return input.status();
    if (!input->has_value()) return result;
    ++result.inputs;
    now = MomentOf(**input, now);
    core.Apply(**input);
    // Readings of the host change guests only when it moved, and then at their
    // next burst at the latest; only a guest's own inputs are looked at.
    const std::string* uuid = GuestOf(**input);
    if (uuid == nullptr) continue;
    if (core.guests().count(*uuid) == 0) {
      headlines.erase(*uuid);
      continue;
    }
    std::string headline = Headline(core.guest(*uuid));
    std::string& known = headlines[*uuid];
    if (known == headline) continue;
    known = std::move(headline);
    on_change(now, *uuid);
  }
}

}  // namespace noonmark
