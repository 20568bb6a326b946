#include "common/correct/guest_act.h"

#include <algorithm>

namespace noonmark {
namespace {

// 2000-01-01 and 2200-01-01 UTC, since 1970: beyond, a clock that looks right
// is more likely to be misread.
constexpr absl::Duration kEarliest = absl::Seconds(946'684'800);
constexpr absl::Duration kLatest = absl::Seconds(7'258'118'400);

// Whether all of `names` are among the units.
bool SeesAll(const std::vector<SeenUnit>& units,
             const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(units.begin(), units.end(),
                       [&](const SeenUnit& unit) { return unit.unit == name; });
  });
}

}  // namespace

Interval RealMinusBoot(const ClockReading& reading) {
  // BOOTTIME was read after REALTIME, by no more than all of it took. The
  // bracket is of RAW, which may be slower than both, by at most a tenth.
  const absl::Duration took =
      std::max(absl::ZeroDuration(), reading.raw_after - reading.raw_before);
  const absl::Duration difference = reading.realtime - reading.boottime;
  return {difference, difference + took + took / 8};
}

Interval RealMinusRaw(const ClockReading& reading) {
  return {reading.realtime - reading.raw_after,
          reading.realtime - reading.raw_before};
}

bool StaysInRange(const ClockReading& reading, absl::Duration amount) {
  const absl::Duration moved = reading.realtime + amount;
  return moved >= std::max(kEarliest, reading.monotonic) && moved < kLatest;
}

Refusal MayMove(const MoveClock& move, const std::vector<SeenUnit>& units,
                const ClockReading& reading) {
  if (!SeesAll(units, move.also)) return Refusal::kNotAtRest;
  for (const SeenUnit& unit : units) {
    const bool must_rest =
        move.all_at_rest || unit.role == ServiceRole::kTimeDaemon;
    if (must_rest && !unit.AtRest()) return Refusal::kNotAtRest;
  }
  if (reading.boottime > move.not_after) return Refusal::kExpired;
  if (!RealMinusBoot(reading).Meets(move.real_minus_boot) ||
      !RealMinusRaw(reading).Meets(move.real_minus_raw)) {
    return Refusal::kClockMoved;
  }
  if (!StaysInRange(reading, move.amount)) return Refusal::kRange;
  return Refusal::kNone;
}

CorrectionFate FateOf(absl::Duration amount, const Interval& before,
                      const Interval& after, absl::Duration tolerance) {
  const Interval change = (after - before).WidenedBy(tolerance);
  const bool stood = change.ContainsZero();
  const bool moved = change.Contains(amount);
  if (stood == moved) return CorrectionFate::kUnknown;
  return moved ? CorrectionFate::kMoved : CorrectionFate::kNotMoved;
}

}  // namespace noonmark
