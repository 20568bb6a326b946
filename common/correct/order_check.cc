#include "common/correct/order_check.h"

#include <algorithm>

namespace noonmark {
namespace {

bool IsBack(absl::Duration amount) { return amount < absl::ZeroDuration(); }

}  // namespace

bool RateAllows(const OrderScales& scales) {
  const CorrectionLimits& limits = scales.limits;
  const auto within = [&](absl::Duration window) {
    return std::count_if(
        scales.begun.begin(), scales.begun.end(),
        [&](absl::Duration begun) { return scales.boottime - begun < window; });
  };
  return within(limits.rate_window_short) == 0 &&
         within(limits.rate_window_long) < limits.rate_most_long;
}

bool IsInTime(const OrderHeader& header, absl::Duration valid_until,
              const OrderScales& scales) {
  return header.boot == scales.boot && scales.boottime <= valid_until &&
         valid_until <= scales.boottime + scales.limits.order_validity;
}

Refusal CheckQuiesce(const QuiesceOrder& order, const OrderScales& scales) {
  if (!IsInTime(order.header, order.valid_until, scales)) {
    return Refusal::kExpired;
  }
  if (order.lease <= absl::ZeroDuration() ||
      order.lease > scales.limits.lease_cap) {
    return Refusal::kLease;
  }
  if (absl::AbsDuration(order.amount) > scales.limits.amount_cap) {
    return Refusal::kAmount;
  }
  return RateAllows(scales) ? Refusal::kNone : Refusal::kRate;
}

Refusal CheckAtRest(const CorrectOrder& order, absl::Duration announced,
                    const OrderScales& scales) {
  if (!IsInTime(order.header, order.valid_until, scales)) {
    return Refusal::kExpired;
  }
  const absl::Duration size = absl::AbsDuration(order.amount);
  const bool as_announced =
      announced != absl::ZeroDuration() &&
      IsBack(order.amount) == IsBack(announced) &&
      size <= absl::AbsDuration(announced) + scales.limits.announced_tolerance;
  // Who slews need not bring mail to rest.
  if (order.method != CorrectionMethod::kStep || !as_announced ||
      size == absl::ZeroDuration() || size > scales.limits.amount_cap) {
    return Refusal::kAmount;
  }
  return Refusal::kNone;
}

Refusal CheckWhileRunning(const CorrectOrder& order,
                          const OrderScales& scales) {
  const absl::Duration size = absl::AbsDuration(order.amount);
  if (size == absl::ZeroDuration()) return Refusal::kAmount;
  switch (order.method) {
    case CorrectionMethod::kSlew:
      if (size > scales.limits.slew_cap) return Refusal::kAmount;
      break;
    case CorrectionMethod::kStep:
      if (IsBack(order.amount) || size > scales.limits.forward_unquiesced) {
        return Refusal::kNotAtRest;
      }
      break;
  }
  if (!IsInTime(order.header, order.valid_until, scales)) {
    return Refusal::kExpired;
  }
  return RateAllows(scales) ? Refusal::kNone : Refusal::kRate;
}

absl::Duration SlewTime(absl::Duration amount) {
  return absl::AbsDuration(amount) * 2000;
}

}  // namespace noonmark
