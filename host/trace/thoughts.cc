#include "host/trace/thoughts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"

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

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kFault:
      return "fault";
  }
  return "";
}

void AppendFindings(const std::vector<Finding>& findings, MonotonicTime origin,
                    std::string& text) {
  for (const Finding& f : findings) {
    absl::StrAppend(&text, "  ", std::string(CodeName(f.code)), " (",
                    std::string(SeverityName(f.severity)),
                    f.active ? "" : ", over", ") seen ", f.occurrences,
                    f.occurrences == 1 ? " time" : " times", ", first at ",
                    Ns(f.first_seen - origin), ", last at ",
                    Ns(f.last_seen - origin));
    if (f.size.has_value()) absl::StrAppend(&text, ", size ", Bounds(*f.size));
    if (f.signature != nullptr) {
      absl::StrAppend(&text, " = ", f.signature->name);
    }
    if (f.rate.has_value()) absl::StrAppend(&text, ", rate ", Rate(*f.rate));
    if (f.pauses.has_value()) {
      absl::StrAppend(&text, ", paused ", f.pauses->count,
                      f.pauses->count == 1 ? " time for " : " times for ",
                      Bounds(f.pauses->lasted));
    }
    if (f.move.has_value() && f.after.has_value()) {
      absl::StrAppend(&text, ", after it ", Bounds(*f.after));
    }
    if (f.move.has_value() && f.move->rate_after.has_value()) {
      absl::StrAppend(&text, ", rate after it ", Rate(*f.move->rate_after));
    }
    if (f.on_old + f.on_new + f.on_neither > 0) {
      absl::StrAppend(&text, ", of the readings after it ", f.on_old,
                      " on the old line, ", f.on_new, " on the new, ",
                      f.on_neither, " on neither");
    }
    absl::StrAppend(&text, f.note.empty() ? "" : "; ", f.note, "\n");
  }
}

std::string FiguresOf(const Finding& finding) {
  std::string figures;
  if (finding.size.has_value()) {
    absl::StrAppend(&figures, ": ", FormatOffset(*finding.size));
    if (finding.signature != nullptr) {
      absl::StrAppend(&figures, ", ", finding.signature->name);
    }
  } else if (finding.rate.has_value()) {
    absl::StrAppendFormat(&figures, ": %+.1f ppm to %+.1f ppm",
                          finding.rate->lo_ppm, finding.rate->hi_ppm);
  }
  if (!finding.note.empty()) {
    absl::StrAppend(&figures, figures.empty() ? ": " : "; ", finding.note);
  }
  return figures;
}

}  // namespace

std::string ThoughtsOf(std::string_view name, const GuestAssessor& guest,
                       MonotonicTime origin) {
  std::string text = absl::StrCat(
      std::string(name), " ", std::string(VerdictName(guest.verdict())),
      " since ", Ns(guest.verdict_since() - origin),
      guest.reason().empty() ? "" : ": ", std::string(guest.reason()), "\n");
  if (guest.offset().has_value()) {
    absl::StrAppend(&text, "  offset ", Bounds(*guest.offset()), " at ",
                    Ns(guest.measured() - origin), "\n");
  }
  if (guest.rate().has_value()) {
    absl::StrAppend(&text, "  rate ", Rate(*guest.rate()), "\n");
  }
  if (const std::optional<DriftEstimate> drift = guest.drift()) {
    absl::StrAppend(&text, "  drift ", Rate(drift->bar),
                    drift->straight ? "" : " not constant", " over ",
                    Ns(drift->window), "\n");
  }
  AppendFindings(guest.findings(), origin, text);
  return text;
}

std::string ThoughtsOf(std::string_view name, const HostTracker& host,
                       MonotonicTime now, MonotonicTime origin) {
  std::string text(name);
  if (const std::optional<absl::Duration> bound = host.ProvenBound(now)) {
    absl::StrAppend(&text, " proven to ", Ns(*bound));
  } else {
    absl::StrAppend(&text, host.declared() ? " declared right" : " unproven");
  }
  absl::StrAppend(&text, ": ", host.trust_reason(), "\n");
  AppendFindings(host.findings().Ordered(), origin, text);
  return text;
}

Headline::Headline(const GuestAssessor& guest)
    : state_(VerdictName(guest.verdict())) {
  const bool measured = guest.verdict() != Verdict::kUnknown &&
                        guest.verdict() != Verdict::kSuspended;
  if (measured && guest.offset().has_value()) {
    absl::StrAppend(&figures_, ", ", FormatOffset(*guest.offset()));
  }
  if (!guest.reason().empty()) {
    absl::StrAppend(&figures_, ": ", std::string(guest.reason()));
  }
  Tell(guest.findings());
}

Headline::Headline(const HostTracker& host, MonotonicTime now)
    : state_(host.ProvenBound(now).has_value() ? "proven"
             : host.declared()                 ? "declared right"
                                               : "unproven"),
      figures_(absl::StrCat(": ", host.trust_reason())) {
  Tell(host.findings().Ordered());
}

void Headline::Tell(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    told_.push_back({finding.code, finding.active, finding.occurrences,
                     FiguresOf(finding)});
  }
}

std::vector<std::string> Headline::ChangesSince(const Headline& before) const {
  std::vector<std::string> changes;
  if (state_ != before.state_) {
    changes.push_back(absl::StrCat(
        before.state_, before.state_.empty() ? "" : " -> ", state_, figures_));
  }
  for (const Told& now : told_) {
    const auto was =
        std::find_if(before.told_.begin(), before.told_.end(),
                     [&](const Told& told) { return told.code == now.code; });
    const std::string name(CodeName(now.code));
    const bool known = was != before.told_.end();
    if (!known || now.occurrences != was->occurrences) {
      changes.push_back(absl::StrCat(
          name, now.occurrences > 1 ? absl::StrCat(" x", now.occurrences) : "",
          now.figures));
    } else if (was->active && !now.active) {
      changes.push_back(absl::StrCat(name, " is over"));
    } else if (!was->active && now.active) {
      changes.push_back(absl::StrCat(name, " again", now.figures));
    }
  }
  return changes;
}

}  // namespace noonmark
