#ifndef NOONMARK_COMMON_DETECT_WIDE_BOUND_H_
#define NOONMARK_COMMON_DETECT_WIDE_BOUND_H_

#include <string>

#include "absl/time/time.h"
#include "common/estimate/exchange.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Why a guest cannot be measured better: its way became slow, or its processors
// were given to others. Neither is a fault of its clock, and neither is
// overlooked.
class WideBound {
 public:
  void OnExchange(const Exchange& exchange);
  // The burst is over; the next begins.
  void OnBurstEnd(MonotonicTime now);
  // Another boot: what was stolen is counted anew.
  void Forget() { *this = WideBound(); }

  // In words, for people; empty: nothing is unusual. Of the last burst.
  const std::string& reason() const { return reason_; }

 private:
  static constexpr absl::Duration kNotKnown = absl::Nanoseconds(-1);

  // The quickest way there and back, on the host's RAW; < 0: not known.
  absl::Duration burst_ = kNotKnown;
  absl::Duration usual_ = kNotKnown;
  // Stolen from all its processors since boot; < 0: not known.
  absl::Duration stolen_ = kNotKnown;
  absl::Duration stolen_before_ = kNotKnown;
  MonotonicTime burst_before_;
  bool slow_ = false;
  MonotonicTime slow_since_;
  std::string reason_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_WIDE_BOUND_H_
