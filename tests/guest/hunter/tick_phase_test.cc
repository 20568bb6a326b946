#include "guest/hunter/tick_phase.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

namespace noonmark {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(4);

absl::Duration SinceTick(MonotonicTime at, absl::Duration tick_phase) {
  absl::Duration rest;
  absl::IDivDuration(at.Reading() - tick_phase, kTick, &rest);
  return rest;
}

// Each wake is late by up to `late`, and COARSE is `behind` even at a tick.
TEST(TickPhaseTest, WakesJustAfterTheTickWhereverItIs) {
  std::mt19937_64 random(5);
  const auto upto = [&](absl::Duration most) {
    return absl::Nanoseconds(static_cast<int64_t>(
        random() % static_cast<uint64_t>(absl::ToInt64Nanoseconds(most))));
  };
  for (int machine = 0; machine < 100; ++machine) {
    const absl::Duration tick_phase = upto(kTick);
    const absl::Duration behind = upto(kTick);
    TickPhase phase(kTick);
    MonotonicTime woken = MonotonicTime::FromReading(absl::Seconds(100));
    absl::Duration latest;
    for (int i = 0; i < 1000; ++i) {
      const MonotonicTime due = phase.Next(woken + absl::Milliseconds(46));
      EXPECT_GE(due, woken + absl::Milliseconds(46));
      EXPECT_LT(due, woken + absl::Milliseconds(50));
      woken = due + absl::Microseconds(5) + upto(absl::Microseconds(50));
      const absl::Duration age = SinceTick(woken, tick_phase);
      phase.Note(woken, behind + age);
      if (i >= 200) latest = std::max(latest, age);
    }
    EXPECT_LT(latest, absl::Microseconds(250)) << tick_phase;
  }
}

TEST(TickPhaseTest, SearchesAgainInTime) {
  TickPhase phase(kTick);
  MonotonicTime woken = MonotonicTime::FromReading(absl::Seconds(100));
  absl::Duration tick_phase = absl::Milliseconds(1);
  for (int i = 0; i < 60'000; ++i) {
    if (i == 10'000) tick_phase = absl::Milliseconds(3);
    woken = phase.Next(woken + absl::Milliseconds(46));
    phase.Note(woken, SinceTick(woken, tick_phase));
  }
  EXPECT_LT(SinceTick(woken, tick_phase), absl::Microseconds(100));
}

TEST(TickPhaseTest, IsNotMisledByAReadingThatWasOff) {
  TickPhase phase(kTick);
  MonotonicTime woken = MonotonicTime::FromReading(absl::Seconds(100));
  for (int i = 0; i < 1000; ++i) {
    woken = phase.Next(woken + absl::Milliseconds(46));
    phase.Note(woken, i == 5 ? -absl::Hours(1)
                             : SinceTick(woken, absl::Milliseconds(2)));
  }
  EXPECT_LT(SinceTick(woken, absl::Milliseconds(2)), absl::Microseconds(100));
}

}  // namespace
}  // namespace noonmark
