#ifndef NOONMARK_COMMON_CORRECT_ORDER_CHECK_H_
#define NOONMARK_COMMON_CORRECT_ORDER_CHECK_H_

#include <vector>

#include "absl/time/time.h"
#include "common/correct/limits.h"
#include "common/correct/order.h"

namespace noonmark {

// Whether a guest obeys an order, as far as the order alone tells. Each
// function names the first limit that it exceeds, or kNone.

// What a guest measures an order by.
struct OrderScales {
  CorrectionLimits limits;
  BootId boot;
  absl::Duration boottime;
  // When corrections began in this boot, in any order.
  std::vector<absl::Duration> begun;
};

// One more correction may begin.
bool RateAllows(const OrderScales& scales);

// The order was given for this boot, and in time; nor may it last longer than
// any reading is worth.
bool IsInTime(const OrderHeader& header, absl::Duration valid_until,
              const OrderScales& scales);

// kExpired kLease kAmount kRate
Refusal CheckQuiesce(const QuiesceOrder& order, const OrderScales& scales);

// Of mail at rest, whose operation announced `announced`. kExpired kAmount
Refusal CheckAtRest(const CorrectOrder& order, absl::Duration announced,
                    const OrderScales& scales);

// While mail runs. kNotAtRest kExpired kAmount kRate
Refusal CheckWhileRunning(const CorrectOrder& order, const OrderScales& scales);

// How long a slew of so much takes: the kernel does 500 ppm.
absl::Duration SlewTime(absl::Duration amount);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_ORDER_CHECK_H_
