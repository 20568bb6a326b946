#ifndef NOONMARK_COMMON_DETECT_FINDING_LOG_H_
#define NOONMARK_COMMON_DETECT_FINDING_LOG_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/detect/packed_finding.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// The findings of one guest, or of the host: one of each code, and few at the
// most, so that no guest can make it grow.
class FindingLog {
 public:
  // What is kept. Beyond that goes what is past, then what weighs least, then
  // what is oldest.
  static constexpr size_t kMost = 7;

  // Something happened. An earlier one of this code is replaced, its count and
  // first time kept. One that is over as it is told replaces none that is not.
  void Record(const Finding& finding);

  // More is known of what was recorded of this code last; not told again.
  void Amend(const Finding& finding);

  // A condition holds now, or no longer. A condition that ended stays as past.
  void Hold(const Finding& finding);
  void End(FindingCode code, MonotonicTime now);

  // The guest is right again: what made it wrong is over.
  void EndMovements(MonotonicTime now);

  // Drops what ended longer ago than `keep`.
  void Expire(MonotonicTime now, absl::Duration keep);

  std::optional<Finding> Find(FindingCode code) const;
  bool IsActive(FindingCode code) const;
  size_t size() const { return findings_.size(); }
  // Of the findings themselves, wherever they are.
  size_t Bytes() const;

  // Active before past, then the more severe, then the later.
  std::vector<Finding> Ordered() const;

 private:
  PackedFinding* FindMutable(FindingCode code);
  void Add(const Finding& finding);

  std::vector<PackedFinding> findings_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_FINDING_LOG_H_
