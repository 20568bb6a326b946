// What is said of one clock that moves: the table of causes, row by row,
// through the tracker and the judgement over it.

#include "common/detect/guest_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/common/detect/attribution_test.h"

namespace noonmark {
namespace {

using testing::Bracket;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kBoottime;
using testing::kMonotonic;
using testing::kRawAfter;
using testing::kRawBefore;
using testing::kRealtime;
using testing::kTwoTo42;
using testing::kWholeGroup;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing::WatchedGuest;

using testing::AttributionTest;

// --- set ---

TEST_F(AttributionTest, NamesASetThatTheKernelToldOfAtOnce) {
  w_.SetGuest(absl::Seconds(-6));
  w_.Burst();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(-6)));
  EXPECT_LT(SizeOf(FindingCode::kClockSet).Width(), absl::Microseconds(2));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).discontinuities, 1u);
  EXPECT_TRUE(w_.Get(FindingCode::kClockSet).alone);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  // No suspicion was needed: two bursts of eight.
  EXPECT_EQ(w_.exchanges, 3 * 8 + 2 * 8);
}

TEST_F(AttributionTest, NamesASetThatNobodyToldOf) {
  w_.SetGuest(absl::Seconds(40), /*told=*/false);
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(40)));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).discontinuities, 0u);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  EXPECT_TRUE(w_.OffsetHolds());
}

TEST_F(AttributionTest, NamesASetWhoseWordComesLate) {
  w_.SetGuest(absl::Seconds(40), /*told=*/false);
  w_.BeforeExchange(2, [&] { w_.pair.guest.TellOfSet(); });
  w_.Burst();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 1u);
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).discontinuities, 1u);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(AttributionTest, NamesASetWhoseWordComesEarly) {
  w_.BeforeExchange(2, [&] { w_.pair.guest.TellOfSet(); });
  w_.BeforeExchange(3, [&] { w_.SetGuest(absl::Seconds(40), false); });
  w_.Burst();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 1u);
}

TEST_F(AttributionTest, NamesASetBetweenTheTwoReadingsOfOneExchange) {
  for (const bool told : {true, false}) {
    w_.WithinExchange(2, [&] { w_.SetGuest(absl::Seconds(3), told); });
    w_.Poll();
    EXPECT_THAT(w_.Codes(), ElementsAre("clock-set")) << told;
    EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(3)));
  }
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 2u);
}

TEST_F(AttributionTest, TellsWhereItWasSetBetween) {
  const MonotonicTime before = w_.Now() - absl::Seconds(5);
  w_.SetGuest(absl::Seconds(-6), /*told=*/false);
  const MonotonicTime after = w_.Now();
  w_.Poll();
  const Finding set = w_.Get(FindingCode::kClockSet);
  EXPECT_GE(set.window_begin, before);
  EXPECT_LE(set.window_begin, after);
  EXPECT_GE(set.window_end, after);
  EXPECT_LT(set.window_end, after + absl::Milliseconds(1));
}

// The kernel told of them, and no reading shows them: worth knowing, no fault.
TEST_F(AttributionTest, TellsOfTwoSetsThatCancel) {
  w_.SetGuest(absl::Seconds(-6));
  w_.SetGuest(absl::Seconds(6));
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(clock-set)"));
  const Finding set = w_.Get(FindingCode::kClockSet);
  EXPECT_EQ(set.severity, Severity::kInfo);
  EXPECT_EQ(set.discontinuities, 2u);
  EXPECT_FALSE(set.note.empty());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
  w_.Polls(5);
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 1u);
}

// Told of a little later than the burst that found it.
TEST_F(AttributionTest, TellsASetOnceWhoseWordComesInTheNextBurst) {
  w_.SetGuest(absl::Seconds(40), /*told=*/false);
  w_.Poll();
  w_.pair.guest.TellOfSet();
  w_.Polls(2);
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 1u);
  EXPECT_TRUE(w_.Get(FindingCode::kClockSet).active);
}

TEST_F(AttributionTest, TellsOfTwoMasters) {
  for (int i = 0; i < 5; ++i) {
    w_.SetGuest(absl::Seconds(i % 2 == 0 ? 6 : -6));
    w_.Polls(3);
  }
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("clock-set", "two-masters"));
  EXPECT_EQ(w_.Get(FindingCode::kTwoMasters).severity, Severity::kFault);
  w_.Polls(130);
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("clock-set", "(two-masters)"));
}

// A daemon that puts right what the counter does is no second master.
TEST_F(AttributionTest, BlamesNoMasterForACounterThatLeaps) {
  for (int i = 0; i < 6; ++i) {
    const absl::Duration by = i % 2 == 0 ? kTwoTo42 : -kTwoTo42;
    w_.LeapGuest(by);
    w_.Polls(2);
    w_.SetGuest(-by);
    w_.Polls(2);
    EXPECT_THAT(w_.Codes(), Not(Contains("two-masters")));
  }
}

TEST_F(AttributionTest, SeesASetThroughAReadingWithAWideBracket) {
  // A reading that took 20 s must not hide what happened before or after it.
  w_.BeforeExchange(7, [&] { w_.way.t3 = Bracket::Even(absl::Seconds(20)); });
  w_.BeforeExchange(8, [&] {
    w_.way.t3 = Bracket::Even(absl::Nanoseconds(400));
    w_.SetGuest(absl::Seconds(6));
  });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(6)));
}

TEST_F(AttributionTest, CountsTheSetsOfARestartedAgentAnew) {
  for (int i = 0; i < 5; ++i) w_.pair.guest.TellOfSet();
  w_.Poll();
  // The agent restarts and has been told of nothing.
  w_.tamper = [](Exchange& e) { e.guest.discontinuities = 0; };
  w_.SetGuest(absl::Seconds(-6));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).discontinuities, 0u);
}

TEST_F(AttributionTest, TellsASmallSetAndDoesNotKeepItAsTheCause) {
  w_.SetGuest(absl::Seconds(-6));
  w_.Polls(2);
  w_.SetGuest(absl::Milliseconds(2));
  w_.Polls(2);
  // What makes the guest wrong is still the large one.
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(-6)));
  EXPECT_EQ(w_.Get(FindingCode::kClockSet).occurrences, 2u);
}

// --- the counter ---

TEST_F(AttributionTest, NamesALeapOfTheCounterForwards) {
  w_.LeapGuest(absl::Seconds(13));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("counter-jump"));
  EXPECT_TRUE(SizeOf(FindingCode::kCounterJump).Contains(absl::Seconds(13)));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  EXPECT_TRUE(w_.OffsetHolds());
  const Finding jump = w_.Get(FindingCode::kCounterJump);
  EXPECT_EQ(jump.on_new, 8);
  EXPECT_EQ(jump.on_old + jump.on_neither, 0);
  EXPECT_TRUE(jump.alone);
}

TEST_F(AttributionTest, NamesALeapOf2To42NsOfEitherSign) {
  for (const absl::Duration leap : {kTwoTo42, -kTwoTo42}) {
    WatchedGuest w;
    w.Polls(3);
    w.LeapGuest(leap);
    w.Poll();
    EXPECT_THAT(w.Codes(), ElementsAre("counter-jump"));
    EXPECT_TRUE(w.Get(FindingCode::kCounterJump).size->Contains(leap));
    EXPECT_EQ(w.Get(FindingCode::kCounterJump).signature->name, "2^42 ns");
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
  }
}

TEST_F(AttributionTest, SaysOfClocksThatFellBehindThatTheyStoodStill) {
  w_.LeapGuest(absl::Seconds(-90));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(absl::Seconds(-90)));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(AttributionTest, SaysOfAPauseThatNobodyToldTheGuestOfThatItStoodStill) {
  w_.pair.guest.StandStill(w_.pair.now, absl::Seconds(90));
  w_.Pass(absl::Seconds(90));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(absl::Seconds(-90)));
}

TEST_F(AttributionTest, SeesALeapBetweenTheTwoReadingsOfOneExchange) {
  for (const absl::Duration leap : {absl::Seconds(13), -absl::Seconds(13)}) {
    for (const int between : {1, 2, 3}) {
      WatchedGuest w;
      w.Polls(2);
      w.WithinExchange(between, [&] { w.LeapGuest(leap); });
      w.Polls(2);
      EXPECT_THAT(w.Codes(),
                  ElementsAre(leap > absl::ZeroDuration() ? "counter-jump"
                                                          : "stood-still"))
          << between;
      EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
    }
  }
}

TEST_F(AttributionTest, TellsALeapAndASetInOneGapApart) {
  w_.LeapGuest(absl::Seconds(-90));
  w_.SetGuest(absl::Seconds(88));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("stood-still", "clock-set"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(absl::Seconds(-90)));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(88)));
  // Neither may claim that the other did not happen.
  EXPECT_FALSE(w_.Get(FindingCode::kStoodStill).alone);
  EXPECT_FALSE(w_.Get(FindingCode::kClockSet).alone);
}

TEST_F(AttributionTest, TellsALeapOfTheKernelsTimekeepingAboveItsCounter) {
  w_.pair.guest.LeapTimekeeping(w_.pair.now, kTwoTo42);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("counter-jump"));
  EXPECT_TRUE(SizeOf(FindingCode::kCounterJump).Contains(kTwoTo42));
  EXPECT_EQ(SignatureOf(FindingCode::kCounterJump), "2^42 ns");
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  EXPECT_TRUE(w_.OffsetHolds());
}

// --- sleep ---

TEST_F(AttributionTest, FindsNoFaultInAGuestThatSleptAndCaughtUp) {
  w_.pair.guest.Sleep(w_.pair.now, absl::Seconds(600));
  w_.Pass(absl::Seconds(600));
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(caught-up)"));
  EXPECT_EQ(w_.Get(FindingCode::kCaughtUp).severity, Severity::kInfo);
  EXPECT_FALSE(w_.Was(Verdict::kWrong));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

TEST_F(AttributionTest, NamesWhatCatchingUpLeftOver) {
  w_.pair.guest.Sleep(w_.pair.now, absl::Seconds(600));
  w_.Pass(absl::Seconds(600));
  w_.SetGuest(absl::Seconds(-7));
  w_.Poll();
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set", "(caught-up)"));
  EXPECT_TRUE(SizeOf(FindingCode::kCaughtUp).Contains(-absl::Seconds(600)));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(-absl::Seconds(7)));
  EXPECT_FALSE(w_.Get(FindingCode::kClockSet).alone);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(AttributionTest, FindsNoFaultInSilenceOnly) {
  w_.Pass(absl::Hours(10));
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

// A pause of which Xen tells the guest nothing but after which its counter is
// where it should be, in the middle of a question.
TEST_F(AttributionTest, FindsNoFaultInAPauseInsideAnExchange) {
  w_.BeforeExchange(3, [&] { w_.way.residence = absl::Seconds(40); });
  w_.BeforeExchange(4, [&] { w_.way.residence = absl::Microseconds(20); });
  w_.Polls(2);
  w_.BeforeExchange(0, [&] { w_.way.out = absl::Seconds(40); });
  w_.BeforeExchange(1, [&] { w_.way.out = absl::Microseconds(80); });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

TEST_F(AttributionTest, SeesThatItStoodStillInsideAnExchange) {
  w_.WithinExchange(2, [&] {
    w_.pair.guest.StandStill(w_.pair.now, absl::Seconds(90));
    w_.pair.now += absl::Seconds(90);
  });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(-absl::Seconds(90)));
}

// --- glitches ---

struct GlitchCase {
  const char* name;
  unsigned readings;
  // Of the two groups of an exchange: T2, T3, or both.
  bool received;
  bool sent;
};

constexpr GlitchCase kGlitches[] = {
    {"all of T2", kWholeGroup, true, false},
    {"all of T3", kWholeGroup, false, true},
    {"both groups", kWholeGroup, true, true},
    {"REALTIME of T2", kRealtime, true, false},
    {"REALTIME of T3", kRealtime, false, true},
    {"MONOTONIC of T2", kMonotonic, true, false},
    {"MONOTONIC of T3", kMonotonic, false, true},
    {"BOOTTIME of T2", kBoottime, true, false},
    {"BOOTTIME of T3", kBoottime, false, true},
    {"RAW of T3", kRawBefore | kRawAfter, false, true},
    {"RAW of both", kRawBefore | kRawAfter, true, true},
};

TEST_F(AttributionTest, NamesAMisreadOfAnyClockAndNothingElse) {
  for (const GlitchCase& glitch : kGlitches) {
    for (const absl::Duration by : {kTwoTo42, -kTwoTo42, absl::Seconds(3)}) {
      for (const int at : {0, 3, 7}) {
        SCOPED_TRACE(absl::StrCat(glitch.name, " by ", absl::FormatDuration(by),
                                  " in exchange ", at));
        WatchedGuest w;
        w.Polls(2);
        if (glitch.received) w.pair.guest.Glitch(by, glitch.readings, 2 * at);
        if (glitch.sent) w.pair.guest.Glitch(by, glitch.readings, 2 * at + 1);
        w.Polls(3);
        EXPECT_THAT(w.Codes(), ElementsAre("(read-glitch)"));
        EXPECT_EQ(w.Get(FindingCode::kReadGlitch).occurrences, 1u);
        const Interval size =
            w.Get(FindingCode::kReadGlitch).size.value_or(Interval());
        EXPECT_TRUE(size.Contains(by) || size.Contains(-by))
            << size.lo << size.hi;
        EXPECT_FALSE(w.Was(Verdict::kWrong));
        EXPECT_FALSE(w.Was(Verdict::kUncertain));
        EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
        EXPECT_TRUE(w.OffsetHolds());
      }
    }
  }
}

TEST_F(AttributionTest, TellsTheSignOfAMisreadOfAWholeGroup) {
  for (const absl::Duration by : {kTwoTo42, -kTwoTo42}) {
    for (const int group : {0, 1}) {
      WatchedGuest w;
      w.Polls(2);
      w.pair.guest.Glitch(by, kWholeGroup, group);
      w.Poll();
      EXPECT_TRUE(w.Get(FindingCode::kReadGlitch).size->Contains(by));
      EXPECT_EQ(w.Get(FindingCode::kReadGlitch).signature->name, "2^42 ns");
    }
  }
}

// The first answer ever is the misread one: what follows must not look like a
// leap back.
TEST_F(AttributionTest, NamesAMisreadOfTheVeryFirstExchange) {
  for (const GlitchCase& glitch : kGlitches) {
    for (const absl::Duration by : {kTwoTo42, -kTwoTo42}) {
      SCOPED_TRACE(absl::StrCat(glitch.name, " ", absl::FormatDuration(by)));
      WatchedGuest w;
      if (glitch.received) w.pair.guest.Glitch(by, glitch.readings, 0);
      if (glitch.sent) w.pair.guest.Glitch(by, glitch.readings, 1);
      w.Polls(3);
      EXPECT_THAT(w.Codes(), ElementsAre("(read-glitch)"));
      EXPECT_FALSE(w.Was(Verdict::kWrong));
      EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
    }
  }
}

TEST_F(AttributionTest, CallsAThousandRandomMisreadsByTheirNameAndNeverWrong) {
  std::mt19937_64 random(42);
  int glitches = 0;
  WatchedGuest w;
  w.Polls(2);
  while (glitches < 1000) {
    const GlitchCase& glitch = kGlitches[random() % std::size(kGlitches)];
    const absl::Duration by = random() % 2 == 0 ? kTwoTo42 : -kTwoTo42;
    const int at = static_cast<int>(random() % 8);
    if (glitch.received) w.pair.guest.Glitch(by, glitch.readings, 2 * at);
    if (glitch.sent) w.pair.guest.Glitch(by, glitch.readings, 2 * at + 1);
    ++glitches;
    w.Poll();
    ASSERT_EQ(w.guest.verdict(), Verdict::kOk) << glitches << glitch.name;
    ASSERT_THAT(w.Codes(), ElementsAre("(read-glitch)"));
    ASSERT_EQ(w.Get(FindingCode::kReadGlitch).occurrences, glitches);
    ASSERT_TRUE(w.OffsetHolds());
  }
  EXPECT_FALSE(w.Was(Verdict::kWrong));
}

// A misread while the burst that was asked for another goes on.
TEST_F(AttributionTest, BearsTwoMisreadsInOneBurst) {
  for (int second = 1; second <= 8; ++second) {
    for (const GlitchCase& glitch : kGlitches) {
      SCOPED_TRACE(absl::StrCat(glitch.name, second));
      WatchedGuest w;
      w.Polls(2);
      w.pair.guest.Glitch(kTwoTo42, kWholeGroup, 1);
      if (glitch.received) {
        w.pair.guest.Glitch(absl::Seconds(-7), glitch.readings, 2 * second);
      }
      if (glitch.sent) {
        w.pair.guest.Glitch(absl::Seconds(-7), glitch.readings, 2 * second + 1);
      }
      w.Polls(3);
      EXPECT_THAT(w.Codes(), ElementsAre("(read-glitch)"));
      EXPECT_FALSE(w.Was(Verdict::kWrong));
      EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
    }
  }
}

TEST_F(AttributionTest, SeesASetAndAMisreadInOneGap) {
  w_.SetGuest(absl::Seconds(-6), /*told=*/false);
  w_.pair.guest.Glitch(kTwoTo42, kWholeGroup, 0);
  w_.pair.guest.Glitch(kTwoTo42, kWholeGroup, 1);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("clock-set", "(read-glitch)"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(AttributionTest, SaysThatProcessorsDisagree) {
  // Every third exchange is answered by a processor that is 3 s ahead.
  int n = 0;
  w_.tamper = [&](Exchange& e) {
    if (++n % 3 != 0) return;
    for (ClockReading* r : {&e.guest.received, &e.guest.sent}) {
      r->raw_before += absl::Seconds(3);
      r->realtime += absl::Seconds(3);
      r->monotonic += absl::Seconds(3);
      r->boottime += absl::Seconds(3);
      r->raw_after += absl::Seconds(3);
    }
  };
  w_.Polls(5);
  EXPECT_THAT(w_.Codes(), ElementsAre("vcpu-disagreement"));
  // It is right and wrong: neither is said.
  EXPECT_FALSE(w_.Was(Verdict::kWrong));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kUncertain);
  // The counters agree again.
  w_.tamper = nullptr;
  w_.Polls(20);
  EXPECT_THAT(w_.Codes(), ElementsAre("(vcpu-disagreement)"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

TEST_F(AttributionTest, SaysThatProcessorsDisagreeWithinEveryExchange) {
  w_.tamper = [&](Exchange& e) {
    ClockReading& r = e.guest.sent;
    r.raw_before += absl::Seconds(3);
    r.realtime += absl::Seconds(3);
    r.monotonic += absl::Seconds(3);
    r.boottime += absl::Seconds(3);
    r.raw_after += absl::Seconds(3);
  };
  w_.Polls(5);
  EXPECT_THAT(w_.Codes(), ElementsAre("vcpu-disagreement"));
  EXPECT_FALSE(w_.Was(Verdict::kWrong));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kUncertain);
}

TEST_F(AttributionTest, CallsDisagreeingProcessorsWrongWhereBothAre) {
  int n = 0;
  w_.LeapGuest(absl::Seconds(100));
  w_.Polls(3);
  w_.tamper = [&](Exchange& e) {
    if (++n % 2 != 0) return;
    for (ClockReading* r : {&e.guest.received, &e.guest.sent}) {
      r->raw_before += absl::Seconds(3);
      r->realtime += absl::Seconds(3);
      r->monotonic += absl::Seconds(3);
      r->boottime += absl::Seconds(3);
      r->raw_after += absl::Seconds(3);
    }
  };
  w_.ForgetVerdicts();
  w_.Polls(5);
  EXPECT_THAT(w_.Codes(),
              UnorderedElementsAre("vcpu-disagreement", "counter-jump"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
  EXPECT_FALSE(w_.Was(Verdict::kUncertain));
}

}  // namespace
}  // namespace noonmark
