#ifndef NOONMARK_COMMON_DETECT_VERDICT_H_
#define NOONMARK_COMMON_DETECT_VERDICT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/detect/finding.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

enum class Verdict {
  kOk,         // proven inside the threshold
  kWrong,      // proven outside, the host's own error included
  kDiffers,    // proven to differ from a host that is itself unproven
  kUncertain,  // the proof is too wide to tell
  kUnknown,    // no usable data
  kSuspended,  // no judging now
};

// "ok", "wrong", ...
std::string_view VerdictName(Verdict verdict);

// What a verdict leans on besides the guest's offset.
struct HostView {
  // How far the host's REALTIME may be from UTC. Absent: nothing proves it.
  // Zero where the operator declared the host right.
  std::optional<absl::Duration> bound;
  // The same as it is proven, whatever was declared.
  std::optional<absl::Duration> proven;
  // The host was set a short while ago: judge nobody.
  bool stepped = false;
};

// The verdict over one guest, from one proven offset a burst.
class VerdictJudge {
 public:
  explicit VerdictJudge(const Thresholds& thresholds)
      : thresholds_(thresholds) {}

  Verdict verdict() const { return verdict_; }
  // Why, where the verdict alone does not tell; may be empty.
  const std::string& reason() const { return reason_; }
  MonotonicTime since() const { return since_; }
  // The offset was outside once: a second burst at once would settle it.
  bool wants_confirmation() const { return wants_confirmation_; }

  // A burst proved `offset` (guest minus host).
  void OnOffset(const Interval& offset, const HostView& host,
                MonotonicTime now);
  // No usable data: why.
  void OnNoData(std::string_view reason, MonotonicTime now);
  // No judging: why. Whatever was known of the streaks is void.
  void OnSuspend(std::string_view reason, MonotonicTime now);

 private:
  void Set(Verdict verdict, std::string reason, MonotonicTime now);

  Thresholds thresholds_;
  Verdict verdict_ = Verdict::kUnknown;
  std::string reason_ = "not measured yet";
  MonotonicTime since_;
  bool begun_ = false;  // something was said
  bool wants_confirmation_ = false;
  // Bursts in a row: outside; inside T; inside T/2.
  int outside_ = 0;
  int inside_ = 0;
  int well_inside_ = 0;
  // It was wrong, or differed, and has not been ok since.
  bool troubled_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_VERDICT_H_
