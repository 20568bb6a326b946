#ifndef NOONMARK_COMMON_ESTIMATE_JUMP_REPORT_H_
#define NOONMARK_COMMON_ESTIMATE_JUMP_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/time_jump_line.h"

namespace noonmark {

// What one line of a guest's logs said of a time jump. None of its text: that
// may be a stranger's.
struct ToldJump {
  JumpTeller teller = JumpTeller::kKernel;
  JumpWay way = JumpWay::kNotSaid;
  // As in JumpLine.
  std::optional<absl::Duration> figure;
  bool figure_is_the_least = false;
  // journald attests that it is of the service's own unit; else anybody may
  // have written it.
  bool attested = false;
  // The guest's CLOCK_BOOTTIME as the agent read the line.
  absl::Duration boottime;
};

// All since the agent's start.
struct JumpReport {
  static constexpr size_t kMostRecent = 4;

  uint64_t lines = 0;
  // At most kMostRecent; the last is the newest.
  std::vector<ToldJump> recent;

  void Add(const ToldJump& told) {
    ++lines;
    if (recent.size() == kMostRecent) recent.erase(recent.begin());
    recent.push_back(told);
  }
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_JUMP_REPORT_H_
