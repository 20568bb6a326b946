#include "common/detect/wide_bound.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

// A way that takes this many times as long as usual, and this much longer.
constexpr int kTimesAsLong = 4;
constexpr absl::Duration kMuchLonger = absl::Milliseconds(1);
// A slow way is the usual one after this long.
constexpr absl::Duration kUsualAfter = absl::Hours(1);
// Of the time that passed, in percent of one processor.
constexpr int kMuchStolen = 10;

std::string Seconds(absl::Duration d) {
  return absl::StrFormat("%.3g s", absl::ToDoubleSeconds(d));
}

}  // namespace

void WideBound::OnExchange(const Exchange& exchange) {
  const absl::Duration way = std::max(
      absl::ZeroDuration(),
      (exchange.host_received.raw_before - exchange.host_sent.raw_after) -
          (exchange.guest.sent.raw_before - exchange.guest.received.raw_after));
  burst_ = burst_ == kNotKnown ? way : std::min(burst_, way);
  stolen_ = exchange.guest.steal.value_or(kNotKnown);
}

void WideBound::OnBurstEnd(MonotonicTime now) {
  reason_.clear();
  if (burst_ == kNotKnown) return;
  if (usual_ == kNotKnown) usual_ = burst_;
  if (burst_ <= usual_ * kTimesAsLong + kMuchLonger) {
    slow_ = false;
    // It creeps up with what is seen, and down at once.
    usual_ = std::min(burst_, usual_ + usual_ / 8);
  } else {
    if (!slow_) slow_since_ = now;
    slow_ = true;
    reason_ = absl::StrCat("the way there and back takes ", Seconds(burst_),
                           " for ", FormatAge(now - slow_since_), " already, ",
                           Seconds(usual_), " before");
    if (now - slow_since_ > kUsualAfter) usual_ = burst_;
  }
  const absl::Duration passed = now - burst_before_;
  if (stolen_ != kNotKnown && stolen_before_ != kNotKnown &&
      passed > absl::ZeroDuration() &&
      (stolen_ - stolen_before_) * 100 > passed * kMuchStolen) {
    absl::StrAppend(&reason_, reason_.empty() ? "" : "; ",
                    Seconds(stolen_ - stolen_before_),
                    " of processor time stolen in the last ", Seconds(passed));
  }
  stolen_before_ = stolen_;
  burst_before_ = now;
  burst_ = kNotKnown;
}

}  // namespace noonmark
