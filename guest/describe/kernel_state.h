#ifndef NOONMARK_GUEST_DESCRIBE_KERNEL_STATE_H_
#define NOONMARK_GUEST_DESCRIBE_KERNEL_STATE_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/estimate/exchange.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What travels with every reading besides the clocks. What comes from files is
// kept at hand, so that an answer never waits for one.
class KernelState {
 public:
  // Older than this is old.
  static constexpr absl::Duration kFresh = absl::Milliseconds(500);

  // `root` stands before every path. Reads everything once.
  KernelState(std::string root, MonotonicTime now);

  // Reads the clocksource and the stolen time again if they are old, or if
  // `now` is before the last time: the caller's clock may be a sick one.
  void RefreshIfOld(MonotonicTime now);

  // Sets boot id, clocksource, steal and discipline; the discipline is asked
  // of the kernel now.
  void AddTo(GuestReading* reading) const;

 private:
  void Refresh(MonotonicTime now);

  const std::string root_;
  std::string boot_id_;
  std::string clocksource_;
  std::optional<absl::Duration> steal_;
  MonotonicTime refreshed_;
};

// The stolen time in the text of /proc/stat, summed over the vCPUs since boot,
// where a second has `ticks` ticks. Absent: kernels before 2.6.11 have none.
std::optional<absl::Duration> StolenTime(const std::string& stat,
                                         int64_t ticks);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DESCRIBE_KERNEL_STATE_H_
