#ifndef NOONMARK_COMMON_DETECT_FINDING_LOG_H_
#define NOONMARK_COMMON_DETECT_FINDING_LOG_H_

#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// The findings of one guest, or of the host: one of each code at the most, so
// that no guest can make it grow.
class FindingLog {
 public:
  // Something happened. An earlier one of this code is replaced, its count and
  // first time kept.
  void Record(Finding finding);

  // A condition holds now, or no longer. A condition that ended stays as past.
  void Hold(Finding finding);
  void End(FindingCode code, MonotonicTime now);

  // The guest is right again: what made it wrong is over.
  void EndMovements();

  // Drops what ended longer ago than `keep`.
  void Expire(MonotonicTime now, absl::Duration keep);

  const Finding* Find(FindingCode code) const;

  // Active before past, then the more severe, then the later.
  std::vector<Finding> Ordered() const;

 private:
  Finding* FindMutable(FindingCode code);
  std::vector<Finding> findings_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_FINDING_LOG_H_
