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

// How one guest is judged; configuration.
struct GuestPolicy {
  Thresholds thresholds;
  // What its offset is meant to be; > 0: ahead of the host.
  absl::Duration intended_offset;
  // For people, where several guests are named together.
  std::string name;
};

// The verdict over one guest, from one proven offset a burst.
class VerdictJudge {
 public:
  explicit VerdictJudge(const Thresholds& thresholds)
      : thresholds_(thresholds) {}

  // What is right from now on: intended ± the warning threshold. What the last
  // bursts said of another counts no longer.
  void SetAllowed(const Thresholds& thresholds, absl::Duration intended);

  Verdict verdict() const { return verdict_; }
  // Why, where the verdict alone does not tell; may be empty.
  const std::string& reason() const { return reason_; }
  MonotonicTime since() const { return since_; }
  // Since when it is neither ok, wrong nor differs; absent: it is one of them,
  // or nothing was said yet.
  const std::optional<MonotonicTime>& unjudged_since() const {
    return unjudged_since_;
  }
  // The offset was outside once: a second burst at once would settle it.
  bool wants_confirmation() const { return wants_confirmation_; }

  // The guest is known from now on, of which nothing was said yet.
  void Begin(MonotonicTime now);
  // A burst proved `offset` (guest minus host).
  void OnOffset(const Interval& offset, const HostView& host,
                MonotonicTime now);
  // No usable data: why.
  void OnNoData(std::string_view reason, MonotonicTime now);
  // No judging: why. Whatever was known of the streaks is void.
  void OnSuspend(std::string_view reason, MonotonicTime now);
  // Why, where the last offset's verdict does not say.
  void Explain(std::string_view reason);
  // Why the bound is wide, where the last offset's was too wide to tell.
  void ExplainWidth(std::string_view reason);
  // Another boot: nothing of the last counts.
  void OnReboot(MonotonicTime now);

 private:
  void Set(Verdict verdict, std::string reason, MonotonicTime now);

  Thresholds thresholds_;
  absl::Duration intended_;
  Verdict verdict_ = Verdict::kUnknown;
  std::string reason_ = "not measured yet";
  MonotonicTime since_;
  std::optional<MonotonicTime> unjudged_since_;
  bool begun_ = false;  // something was said
  bool wants_confirmation_ = false;
  bool too_wide_ = false;
  // Bursts in a row: outside; inside T; inside T/2.
  int outside_ = 0;
  int inside_ = 0;
  int well_inside_ = 0;
  // It was wrong, or differed, and has not been ok since.
  bool troubled_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_VERDICT_H_
