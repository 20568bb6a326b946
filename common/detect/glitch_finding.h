#ifndef NOONMARK_COMMON_DETECT_GLITCH_FINDING_H_
#define NOONMARK_COMMON_DETECT_GLITCH_FINDING_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/estimate/glitch.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Tells what a guest's hunter caught, each glitch once: agents restart, and
// connections come and go. Over a reboot of the guest, begin anew.
class GlitchFindings {
 public:
  // A read-glitch for each new one, never a word on the verdict. One that its
  // own readings don't prove is passed over: the guest's claim is not
  // believed. `boottime` is the guest's BOOTTIME at the host's `now`.
  std::vector<Finding> OnReport(const HuntReport& report,
                                absl::Duration boottime, MonotonicTime now);

 private:
  // The guest's BOOTTIME of the newest that was told.
  std::optional<absl::Duration> told_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GLITCH_FINDING_H_
