#ifndef NOONMARK_COMMON_ESTIMATE_RAW_OFFSET_H_
#define NOONMARK_COMMON_ESTIMATE_RAW_OFFSET_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"

namespace noonmark {

// What one exchange proves of c = guest RAW - host RAW.
struct RawOffset {
  // c during the whole exchange: [T3 - T4, T2 - T1], widened by the rate bound
  // over its length. A proof, given that neither counter goes back inside the
  // exchange and that their rates differ by no more than the bound: delays of
  // any asymmetry, queueing and stolen CPU widen it and cannot break it.
  // Absent: the guest's counter broke inside the exchange.
  std::optional<Interval> bound;
  // c at T2 alone and at T3 alone, each from causality only: the guest read
  // its clocks after T1 and before T4.
  Interval at_received;
  Interval at_sent;
  // By how much the guest's counter moved between T2 and T3 beyond the time
  // that passed. Holds zero unless it broke.
  Interval inner_jump;
  // T4 - T1 on the host's RAW.
  absl::Duration elapsed;
};

// `rho` bounds the relative rate of the two counters.
//
// Errors:
//   kFailedPrecondition  the host's own counter ran backwards, or the guest's
//                        within one reading: drop the exchange.
absl::StatusOr<RawOffset> BoundRawOffset(const Exchange& exchange,
                                         PartsPerBillion rho);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_ESTIMATE_RAW_OFFSET_H_
