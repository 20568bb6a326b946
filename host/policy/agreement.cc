#include "host/policy/agreement.h"

#include <algorithm>

namespace noonmark {
namespace {

// How far two clocks may part and still stand in the same place: 500 ppm each.
// One that is slewed faster is on its way, and no measurement of it agrees with
// the one before.
constexpr PartsPerBillion kMostDrift = 1'000'000;
// Two readings of one clock differ by their order, too.
constexpr absl::Duration kSlack = absl::Microseconds(10);

}  // namespace

void Agreement::Add(const Interval& offset, MonotonicTime measured) {
  if (count_ > 0 && measured <= last_) return;
  if (common_.has_value()) {
    const absl::Duration slack = Drift(measured - last_, kMostDrift) + kSlack;
    common_ = Intersection(common_->WidenedBy(slack), offset);
  }
  if (!common_.has_value()) {
    common_ = offset;
    count_ = 0;
    first_ = measured;
  }
  ++count_;
  last_ = measured;
}

}  // namespace noonmark
