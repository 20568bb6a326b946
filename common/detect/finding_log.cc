#include "common/detect/finding_log.h"

#include <algorithm>
#include <utility>

namespace noonmark {
namespace {

// Over when the guest is right again, whatever is true of it besides.
bool IsMovement(FindingCode code) {
  switch (code) {
    case FindingCode::kClockSet:
    case FindingCode::kCounterJump:
    case FindingCode::kStoodStill:
    case FindingCode::kLeftBehindByHostStep:
    case FindingCode::kRtcLocalTime:
      return true;
    case FindingCode::kReadGlitch:
    case FindingCode::kCaughtUp:
    case FindingCode::kRateFault:
    case FindingCode::kSlewing:
    case FindingCode::kTwoMasters:
    case FindingCode::kLeapSecond:
    case FindingCode::kVcpuDisagreement:
    case FindingCode::kClockUnset:
    case FindingCode::kRebooted:
    case FindingCode::kMigrated:
    case FindingCode::kNoAgent:
    case FindingCode::kAgentUnreachable:
    case FindingCode::kAgentUntrusted:
    case FindingCode::kHostStepped:
    case FindingCode::kHostCounterJump:
    case FindingCode::kHostRate:
    case FindingCode::kHostUnproven:
    case FindingCode::kUnjudgedGuests:
      break;
  }
  return false;
}

}  // namespace

void FindingLog::Record(const Finding& finding) {
  PackedFinding* known = FindMutable(finding.code);
  if (known == nullptr) return Add(finding);
  if (known->active() && !finding.active) return known->CountOneMore();
  Finding next = finding;
  next.first_seen = known->Unpack().first_seen;
  next.occurrences = known->occurrences() + 1;
  *known = PackedFinding(next);
}

void FindingLog::Amend(const Finding& finding) {
  PackedFinding* known = FindMutable(finding.code);
  if (known != nullptr) *known = PackedFinding(finding);
}

void FindingLog::Hold(const Finding& finding) {
  PackedFinding* known = FindMutable(finding.code);
  if (known == nullptr) return Add(finding);
  Finding next = finding;
  next.occurrences = known->occurrences();
  if (known->active()) {
    next.first_seen = known->Unpack().first_seen;
  } else {
    ++next.occurrences;
  }
  *known = PackedFinding(next);
}

void FindingLog::End(FindingCode code, MonotonicTime now) {
  PackedFinding* known = FindMutable(code);
  if (known != nullptr && known->active()) known->End(now, /*moved=*/false);
}

void FindingLog::EndMovements(MonotonicTime now) {
  for (PackedFinding& finding : findings_) {
    if (finding.active() && IsMovement(finding.code())) {
      finding.End(now, /*moved=*/true);
    }
  }
}

void FindingLog::Expire(MonotonicTime now, absl::Duration keep) {
  findings_.erase(std::remove_if(findings_.begin(), findings_.end(),
                                 [&](const PackedFinding& f) {
                                   return !f.active() && now - f.ended() > keep;
                                 }),
                  findings_.end());
}

std::optional<Finding> FindingLog::Find(FindingCode code) const {
  for (const PackedFinding& finding : findings_) {
    if (finding.code() == code) return finding.Unpack();
  }
  return std::nullopt;
}

bool FindingLog::IsActive(FindingCode code) const {
  for (const PackedFinding& finding : findings_) {
    if (finding.code() == code) return finding.active();
  }
  return false;
}

size_t FindingLog::Bytes() const {
  size_t bytes = findings_.capacity() * sizeof(PackedFinding);
  for (const PackedFinding& finding : findings_) bytes += finding.HeapBytes();
  return bytes;
}

std::vector<Finding> FindingLog::Ordered() const {
  if (findings_.empty()) return {};
  std::vector<const PackedFinding*> order;
  order.reserve(findings_.size());
  for (const PackedFinding& finding : findings_) order.push_back(&finding);
  std::stable_sort(order.begin(), order.end(),
                   [](const PackedFinding* a, const PackedFinding* b) {
                     return a->Before(*b);
                   });
  std::vector<Finding> findings;
  findings.reserve(order.size());
  for (const PackedFinding* finding : order) {
    findings.push_back(finding->Unpack());
  }
  return findings;
}

PackedFinding* FindingLog::FindMutable(FindingCode code) {
  for (PackedFinding& finding : findings_) {
    if (finding.code() == code) return &finding;
  }
  return nullptr;
}

void FindingLog::Add(const Finding& finding) {
  // No more room than is needed: a vector would double it.
  if (findings_.size() == findings_.capacity()) {
    findings_.reserve(findings_.size() + 1);
  }
  if (findings_.size() < kMost) {
    findings_.emplace_back(finding);
    return;
  }
  PackedFinding packed(finding);
  PackedFinding& least =
      *std::max_element(findings_.begin(), findings_.end(),
                        [](const PackedFinding& a, const PackedFinding& b) {
                          return a.Before(b);
                        });
  if (packed.Before(least)) least = std::move(packed);
}

}  // namespace noonmark
