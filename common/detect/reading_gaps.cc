#include "common/detect/reading_gaps.h"

namespace noonmark {
namespace {

// What is narrower is not told apart.
constexpr absl::Duration kNarrowest = absl::Milliseconds(250);
// A reading of an exchange comes in as much later than it was taken. What is
// older than that was not late: the counter fell.
constexpr absl::Duration kLatest = absl::Minutes(1);

absl::Duration RoundedUp(absl::Duration width) {
  absl::Duration rounded = kNarrowest;
  while (rounded < width) rounded *= 2;
  return rounded;
}

}  // namespace

void ReadingGaps::Add(const ClockReading& reading) {
  const MonotonicTime now = MonotonicTime::FromReading(reading.monotonic);
  const bool fell = reading.raw_before < last_raw_ - kLatest;
  if (!since_.has_value() || fell) {
    since_ = now;
    gaps_.clear();
    last_raw_ = reading.raw_before;
    return;
  }
  if (reading.raw_before < last_raw_) return;
  // A leap within either bracket counts.
  const absl::Duration width = RoundedUp(reading.raw_after - last_raw_);
  last_raw_ = reading.raw_before;
  while (!gaps_.empty() && gaps_.back().width <= width) gaps_.pop_back();
  gaps_.push_back({now, width});
}

std::optional<absl::Duration> ReadingGaps::WidestSince(
    MonotonicTime begin) const {
  if (!since_.has_value() || *since_ > begin) return std::nullopt;
  for (const Gap& gap : gaps_) {
    if (gap.end >= begin) return gap.width;
  }
  return absl::ZeroDuration();
}

}  // namespace noonmark
