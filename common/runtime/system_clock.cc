#include "common/runtime/system_clock.h"

#include <time.h>

#include <cstdint>

namespace noonmark {
namespace {

constexpr int kAttempts = 4;
constexpr int64_t kCloseEnoughNs = 1'000;

struct Attempt {
  timespec raw_before, realtime, monotonic, boottime, raw_after;
};

// Cannot fail: the clocks are there since Linux 2.6.39 and the pointers are
// good.
void ReadOnce(Attempt* attempt) {
  clock_gettime(CLOCK_MONOTONIC_RAW, &attempt->raw_before);
  clock_gettime(CLOCK_REALTIME, &attempt->realtime);
  clock_gettime(CLOCK_MONOTONIC, &attempt->monotonic);
  clock_gettime(CLOCK_BOOTTIME, &attempt->boottime);
  clock_gettime(CLOCK_MONOTONIC_RAW, &attempt->raw_after);
}

// Signed and saturating: a sick counter may go back, or leap by centuries.
int64_t BracketNs(const Attempt& attempt) {
  return absl::ToInt64Nanoseconds(
      absl::DurationFromTimespec(attempt.raw_after) -
      absl::DurationFromTimespec(attempt.raw_before));
}

}  // namespace

ClockReading SystemClock::Read() {
  Attempt best;
  ReadOnce(&best);
  int64_t bracket = BracketNs(best);
  for (int i = 1; i < kAttempts && (bracket > kCloseEnoughNs || bracket < 0);
       ++i) {
    Attempt next;
    ReadOnce(&next);
    const int64_t next_bracket = BracketNs(next);
    // A bracket that went back is no bracket: any other is better.
    if (bracket < 0 || (next_bracket >= 0 && next_bracket < bracket)) {
      best = next;
      bracket = next_bracket;
    }
  }
  return {.raw_before = absl::DurationFromTimespec(best.raw_before),
          .realtime = absl::DurationFromTimespec(best.realtime),
          .monotonic = absl::DurationFromTimespec(best.monotonic),
          .boottime = absl::DurationFromTimespec(best.boottime),
          .raw_after = absl::DurationFromTimespec(best.raw_after)};
}

MonotonicTime SystemClock::Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return MonotonicTime::FromReading(absl::DurationFromTimespec(now));
}

void SystemWallTriples::Read(absl::Span<WallTriple> triples) {
  timespec realtime, coarse;
  clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  absl::Duration before = absl::DurationFromTimespec(coarse);
  for (WallTriple& triple : triples) {
    clock_gettime(CLOCK_REALTIME, &realtime);
    clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
    const absl::Duration after = absl::DurationFromTimespec(coarse);
    triple = {.coarse_before = before,
              .realtime = absl::DurationFromTimespec(realtime),
              .coarse_after = after};
    before = after;
  }
}

absl::Duration SystemWallTriples::Tick() const {
  timespec tick;
  clock_getres(CLOCK_REALTIME_COARSE, &tick);
  return absl::DurationFromTimespec(tick);
}

}  // namespace noonmark
