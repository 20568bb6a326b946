#include "common/detect/finding_log.h"

#include <algorithm>
#include <utility>

namespace noonmark {

void FindingLog::Record(Finding finding) {
  Finding* known = FindMutable(finding.code);
  if (known == nullptr) {
    findings_.push_back(std::move(finding));
    return;
  }
  finding.first_seen = known->first_seen;
  finding.occurrences = known->occurrences + 1;
  *known = std::move(finding);
}

void FindingLog::Hold(Finding finding) {
  Finding* known = FindMutable(finding.code);
  if (known == nullptr) {
    findings_.push_back(std::move(finding));
    return;
  }
  if (known->active) {
    finding.first_seen = known->first_seen;
    finding.occurrences = known->occurrences;
  } else {
    finding.occurrences = known->occurrences + 1;
  }
  *known = std::move(finding);
}

void FindingLog::End(FindingCode code, MonotonicTime now) {
  Finding* known = FindMutable(code);
  if (known == nullptr || !known->active) return;
  known->active = false;
  known->last_seen = now;
}

void FindingLog::EndMovements() {
  for (Finding& finding : findings_) {
    switch (finding.code) {
      case FindingCode::kClockSet:
      case FindingCode::kCounterJump:
      case FindingCode::kStoodStill:
      case FindingCode::kLeftBehindByHostStep:
      case FindingCode::kRtcLocalTime:
      case FindingCode::kVcpuDisagreement:
        finding.active = false;
        break;
      case FindingCode::kReadGlitch:
      case FindingCode::kCaughtUp:
      case FindingCode::kRateFault:
      case FindingCode::kSlewing:
      case FindingCode::kClockUnset:
      case FindingCode::kRebooted:
      case FindingCode::kNoAgent:
      case FindingCode::kAgentUnreachable:
      case FindingCode::kAgentUntrusted:
      case FindingCode::kHostStepped:
      case FindingCode::kHostUnproven:
      case FindingCode::kUnjudgedGuests:
        break;
    }
  }
}

void FindingLog::Expire(MonotonicTime now, absl::Duration keep) {
  findings_.erase(std::remove_if(findings_.begin(), findings_.end(),
                                 [&](const Finding& f) {
                                   return !f.active && now - f.last_seen > keep;
                                 }),
                  findings_.end());
}

const Finding* FindingLog::Find(FindingCode code) const {
  return const_cast<FindingLog*>(this)->FindMutable(code);
}

Finding* FindingLog::FindMutable(FindingCode code) {
  for (Finding& finding : findings_) {
    if (finding.code == code) return &finding;
  }
  return nullptr;
}

std::vector<Finding> FindingLog::Ordered() const {
  std::vector<Finding> ordered = findings_;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Finding& a, const Finding& b) {
                     if (a.active != b.active) return a.active;
                     if (a.severity != b.severity) {
                       return a.severity > b.severity;
                     }
                     return a.last_seen > b.last_seen;
                   });
  return ordered;
}

}  // namespace noonmark
