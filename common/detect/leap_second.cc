#include "common/detect/leap_second.h"

namespace noonmark {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kDay = absl::Hours(24);

// <linux/timex.h>: STA_INS, STA_DEL.
constexpr uint32_t kInsert = 0x0010;
constexpr uint32_t kDelete = 0x0020;

// The kernel acts on it in the first tick of the day, and readings are apart.
constexpr absl::Duration kLate = absl::Seconds(2);

// A day of UTC ended at most `ago` before `realtime`, or in the moment to come
// (a second inserted is the last of the old day).
bool DayEnded(absl::Duration realtime, absl::Duration ago) {
  if (ago >= kDay) return true;
  absl::Duration of_day = realtime % kDay;
  if (of_day < absl::ZeroDuration()) of_day += kDay;
  return of_day <= ago + kLate || of_day >= kDay - kLate;
}

}  // namespace

LeapState LeapStateOf(const std::optional<KernelDiscipline>& discipline,
                      bool read_with_clocks) {
  LeapState state;
  state.read_with_clocks = read_with_clocks;
  if (!discipline.has_value()) return state;
  if ((discipline->status & kInsert) != 0) state.announced = 1;
  if ((discipline->status & kDelete) != 0) state.announced = -1;
  state.tai_offset_s = discipline->tai_offset_s;
  return state;
}

bool IsLeapSecond(const Interval& by, const LeapState& before,
                  const LeapState& after, absl::Duration realtime_after,
                  absl::Duration elapsed) {
  if (by.Width() >= kSecond / 2) return false;
  int inserted = 0;
  if (by.Contains(-kSecond)) inserted = 1;
  if (by.Contains(kSecond)) inserted = -1;
  if (inserted == 0 || !DayEnded(realtime_after, elapsed)) return false;
  if (before.tai_offset_s.has_value() && after.tai_offset_s.has_value()) {
    const int64_t counted =
        int64_t{*after.tai_offset_s} - int64_t{*before.tai_offset_s};
    if (counted == inserted) return true;
    // The kernel counts each that it makes.
    if (after.read_with_clocks) return false;
  }
  return before.announced == inserted;
}

}  // namespace noonmark
