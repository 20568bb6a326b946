#include "guest/demo/scripted_clock.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/support/fake_clock.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::testing::ElementsAre;

constexpr absl::Duration kWrap = absl::Nanoseconds(int64_t{1} << 42);

std::vector<Fault> Script(const std::vector<std::string>& texts) {
  std::vector<Fault> script;
  for (const std::string& text : texts) {
    script.push_back(ParseFault(text).value());
  }
  return script;
}

// By how much a reading is off.
struct Error {
  absl::Duration raw, realtime, monotonic, boottime;
  bool operator==(const Error& other) const {
    return raw == other.raw && realtime == other.realtime &&
           monotonic == other.monotonic && boottime == other.boottime;
  }
};

Error All(absl::Duration by) { return {by, by, by, by}; }
Error RealtimeAlone(absl::Duration by) {
  return {absl::ZeroDuration(), by, absl::ZeroDuration(), absl::ZeroDuration()};
}
const Error kNone = All(absl::ZeroDuration());

class ScriptedClockTest : public ::testing::Test {
 protected:
  Error ErrorOf(ScriptedClock& clock) {
    const ClockReading truth = real_.Read();
    const ClockReading reading = clock.Read();
    EXPECT_EQ(reading.raw_after - reading.raw_before,
              truth.raw_after - truth.raw_before);
    return {reading.raw_before - truth.raw_before,
            reading.realtime - truth.realtime,
            reading.monotonic - truth.monotonic,
            reading.boottime - truth.boottime};
  }
  // To one nanosecond before 8 s after the start, then to 8 s.
  void AdvanceToJustBefore() {
    real_.Advance(absl::Seconds(8) - absl::Nanoseconds(1));
  }
  void AdvanceToTheMoment() { real_.Advance(absl::Nanoseconds(1)); }

  FakeClock real_;
};

TEST_F(ScriptedClockTest, PassesReadingsOnWithoutAScript) {
  real_.SetBracket(absl::Nanoseconds(300));
  ScriptedClock clock(&real_, {});
  real_.Advance(absl::Hours(1));
  EXPECT_EQ(ErrorOf(clock), kNone);
  EXPECT_EQ(clock.Now(), real_.Now());
}

TEST_F(ScriptedClockTest, LeapsForGood) {
  ScriptedClock clock(&real_, Script({"counter-jump=+4398046511104ns@8s"}));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  AdvanceToTheMoment();
  EXPECT_EQ(ErrorOf(clock), All(kWrap));
  EXPECT_EQ(clock.Now() - real_.Now(), kWrap);
  real_.Advance(absl::Hours(100));
  EXPECT_EQ(ErrorOf(clock), All(kWrap));
}

TEST_F(ScriptedClockTest, GlitchesInOneReading) {
  ScriptedClock clock(&real_, Script({"glitch=+4398046511104ns@8s"}));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  real_.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), real_.Now());
  EXPECT_EQ(ErrorOf(clock), All(kWrap));
  EXPECT_EQ(ErrorOf(clock), kNone);
}

TEST_F(ScriptedClockTest, FallsBehindAsIfPaused) {
  ScriptedClock clock(&real_, Script({"pause=90s@8s"}));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  AdvanceToTheMoment();
  EXPECT_EQ(ErrorOf(clock), All(absl::Seconds(-90)));
}

TEST_F(ScriptedClockTest, SetsTheWallClockAloneAndTellsWhen) {
  ScriptedClock clock(&real_, Script({"set=+1s@9s", "set=-6s@8s"}));
  const MonotonicTime start = real_.Now();
  EXPECT_THAT(clock.SetTimes(),
              ElementsAre(start + absl::Seconds(8), start + absl::Seconds(9)));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  AdvanceToTheMoment();
  EXPECT_EQ(ErrorOf(clock), RealtimeAlone(absl::Seconds(-6)));
  EXPECT_EQ(clock.Now(), real_.Now());
  real_.Advance(absl::Seconds(1));
  EXPECT_EQ(ErrorOf(clock), RealtimeAlone(absl::Seconds(-5)));
}

TEST_F(ScriptedClockTest, SetsTheWallClockAndTellsNobody) {
  ScriptedClock clock(&real_, Script({"untold-set=-6s@8s"}));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  AdvanceToTheMoment();
  EXPECT_EQ(ErrorOf(clock), RealtimeAlone(absl::Seconds(-6)));
  EXPECT_THAT(clock.SetTimes(), ElementsAre());
}

TEST_F(ScriptedClockTest, IsOffFromTheStartAndTellsNobody) {
  ScriptedClock clock(&real_, Script({"offset=+3600s"}));
  EXPECT_EQ(ErrorOf(clock), RealtimeAlone(absl::Hours(1)));
  EXPECT_THAT(clock.SetTimes(), ElementsAre());
}

TEST_F(ScriptedClockTest, RunsFastToTheNanosecondForYears) {
  ScriptedClock clock(&real_, Script({"rate=180ppm"}));
  EXPECT_EQ(ErrorOf(clock), kNone);
  real_.Advance(absl::Seconds(5));
  EXPECT_EQ(ErrorOf(clock), All(absl::Microseconds(900)));
  real_.Advance(absl::Hours(24 * 365 * 50) - absl::Seconds(5));
  EXPECT_EQ(ErrorOf(clock), All(absl::Seconds(int64_t{24 * 365 * 50} * 3600) *
                                180 / 1'000'000));
}

TEST_F(ScriptedClockTest, NeverRunsBackAtAnyRate) {
  for (const char* rate : {"rate=-100000ppm", "rate=-1ppb", "rate=7ppb"}) {
    ScriptedClock clock(&real_, Script({rate}));
    ClockReading last = clock.Read();
    for (int i = 0; i < 1000; ++i) {
      real_.Advance(absl::Nanoseconds(1 + i * 7919 % 1'000'003));
      const ClockReading next = clock.Read();
      ASSERT_GT(next.raw_before, last.raw_before);
      ASSERT_GT(next.monotonic, last.monotonic);
      last = next;
    }
  }
}

TEST_F(ScriptedClockTest, CountsTheRateOnTheRawClock) {
  ScriptedClock clock(&real_, Script({"rate=100ppm"}));
  real_.SetSlew(80'000'000);  // MONOTONIC runs 8 % faster than RAW
  real_.Advance(absl::Seconds(1000));
  EXPECT_EQ(ErrorOf(clock), All(absl::Milliseconds(100)));
}

TEST_F(ScriptedClockTest, AnswersNonsenseFromItsMomentOn) {
  ScriptedClock clock(&real_, Script({"garbage@8s"}));
  AdvanceToJustBefore();
  EXPECT_EQ(ErrorOf(clock), kNone);
  AdvanceToTheMoment();
  const ClockReading reading = clock.Read();
  EXPECT_LT(reading.raw_after, reading.raw_before);
}

TEST_F(ScriptedClockTest, TellsWhenTheAgentFallsSilent) {
  EXPECT_EQ(ScriptedClock(&real_, {}).SilentFrom(), std::nullopt);
  ScriptedClock clock(&real_, Script({"silent@9s", "silent@8s"}));
  EXPECT_EQ(clock.SilentFrom(), real_.Now() + absl::Seconds(8));
  real_.Advance(absl::Seconds(10));
  EXPECT_EQ(ErrorOf(clock), kNone);
}

TEST_F(ScriptedClockTest, AddsUpItsFaults) {
  ScriptedClock clock(
      &real_, Script({"counter-jump=10s@8s", "pause=3s@8s", "set=-6s@8s",
                      "offset=1h", "rate=1000ppm", "glitch=1s@8s"}));
  AdvanceToJustBefore();
  AdvanceToTheMoment();
  const absl::Duration all =
      absl::Seconds(8) + absl::Milliseconds(8);  // 10 - 3 + 1 and the rate
  EXPECT_EQ(ErrorOf(clock), (Error{all, all + absl::Seconds(3594), all, all}));
}

TEST_F(ScriptedClockTest, IsSteppedInItsRealtimeAlone) {
  ScriptedClock clock(&real_, Script({"offset=+6s"}));
  clock.Step(absl::Seconds(-6));
  EXPECT_EQ(ErrorOf(clock), kNone);
  clock.Step(-kWrap);
  EXPECT_EQ(ErrorOf(clock), RealtimeAlone(-kWrap));
}

TEST_F(ScriptedClockTest, IsSlewedAtFiveHundredPartsPerMillionAndNoFurther) {
  ScriptedClock clock(&real_, {});
  clock.Slew(absl::Milliseconds(-1));
  const auto slewed = [](absl::Duration by) {
    return Error{absl::ZeroDuration(), by, by, by};
  };
  real_.Advance(absl::Seconds(1));
  EXPECT_EQ(ErrorOf(clock), slewed(absl::Microseconds(-500)));
  EXPECT_EQ(clock.SlewLeft(), absl::Microseconds(-500));
  // Another takes its place.
  clock.Slew(absl::Milliseconds(2));
  real_.Advance(absl::Seconds(3));
  EXPECT_EQ(ErrorOf(clock), slewed(absl::Milliseconds(1)));
  EXPECT_EQ(clock.SlewLeft(), absl::Microseconds(500));
  real_.Advance(absl::Hours(1));
  EXPECT_EQ(ErrorOf(clock), slewed(absl::Microseconds(1500)));
  EXPECT_EQ(clock.SlewLeft(), absl::ZeroDuration());
}

TEST_F(ScriptedClockTest, ShowsNoGlitchWhereNoneIsToBeSpent) {
  ScriptedClock clock(&real_, Script({"glitch=+10s@0"}));
  EXPECT_EQ(clock.ReadWithoutGlitch().realtime, real_.Read().realtime);
  EXPECT_EQ(ErrorOf(clock), All(absl::Seconds(10)));
}

}  // namespace
}  // namespace noonmark
