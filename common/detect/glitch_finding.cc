#include "common/detect/glitch_finding.h"

#include <algorithm>
#include <utility>

#include "common/detect/glitch_hunt.h"

namespace noonmark {

std::vector<Finding> GlitchFindings::OnReport(const HuntReport& report,
                                              absl::Duration boottime,
                                              MonotonicTime now) {
  std::vector<Finding> findings;
  if (report.recent.empty()) return findings;
  // Two of one batch have one time and come in one report.
  const std::optional<absl::Duration> told = told_;
  for (const Glitch& glitch : report.recent) {
    if (told.has_value() && glitch.boottime <= *told) continue;
    told_ = std::max(told_.value_or(glitch.boottime), glitch.boottime);
    const std::optional<Interval> size = GlitchSize(glitch);
    if (!size.has_value()) continue;

    Finding finding;
    finding.code = FindingCode::kReadGlitch;
    finding.severity = Severity::kWarning;
    finding.active = false;
    const absl::Duration age =
        std::clamp(boottime - glitch.boottime, absl::ZeroDuration(),
                   std::max(now.Reading(), absl::ZeroDuration()));
    finding.first_seen = finding.last_seen = now - age;
    finding.window_begin = finding.window_end = finding.last_seen;
    finding.size = size;
    finding.signature = MatchSignature(*size);
    finding.glitch = {glitch, report.glitches, report.reads};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace noonmark
