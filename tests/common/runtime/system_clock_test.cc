#include "common/runtime/system_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {
namespace {

TEST(SystemClockTest, ReadsEachClockBetweenTwoReadingsOfItself) {
  SystemClock clock;
  for (int i = 0; i < 1000; ++i) {
    const ClockReading first = clock.Read();
    const ClockReading second = clock.Read();
    EXPECT_LE(first.raw_before, first.raw_after);
    EXPECT_LE(first.raw_after, second.raw_before);
    EXPECT_LE(first.monotonic, second.monotonic);
    EXPECT_LE(first.boottime, second.boottime);
  }
}

TEST(SystemClockTest, CountsTheTimeAsleepInBoottimeAlone) {
  const ClockReading reading = SystemClock().Read();
  EXPECT_GE(reading.boottime, reading.monotonic);
}

TEST(SystemClockTest, TakesCloseReadings) {
  // The closest of many: one alone may be torn apart by the scheduler.
  absl::Duration closest = absl::InfiniteDuration();
  for (int i = 0; i < 100; ++i) {
    const ClockReading reading = SystemClock().Read();
    closest = std::min(closest, reading.raw_after - reading.raw_before);
  }
  EXPECT_LT(closest, absl::Microseconds(100));
}

TEST(SystemClockTest, TellsTheSameMonotonicTimeAloneAndInAGroup) {
  SystemClock clock;
  const MonotonicTime before = clock.Now();
  const MonotonicTime within =
      MonotonicTime::FromReading(clock.Read().monotonic);
  EXPECT_LE(before, within);
  EXPECT_LE(within, clock.Now());
}

// Else the hunter would see faults in this machine's clock.
TEST(SystemWallTriplesTest, ReadsCoarseBehindRealtimeInOrder) {
  SystemWallTriples source;
  EXPECT_GT(source.Tick(), absl::ZeroDuration());
  std::vector<WallTriple> triples(10'000);
  source.Read(absl::MakeSpan(triples));
  absl::Duration last;
  for (const WallTriple& triple : triples) {
    EXPECT_LE(last, triple.coarse_before);
    EXPECT_LE(triple.coarse_before, triple.realtime);
    EXPECT_LE(triple.coarse_before, triple.coarse_after);
    last = triple.coarse_after;
  }
}

}  // namespace
}  // namespace noonmark
