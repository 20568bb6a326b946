// What is said of rates and slews, and through answers that are wide.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/common/detect/attribution_test.h"

namespace noonmark {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing::WatchedGuest;

class RateAttributionTest : public testing::AttributionTest {};

// --- answers that are wide ---

// A wide answer agrees with where the counter was and with where it is: it
// narrows neither the size nor the time of what is found after it.
TEST_F(RateAttributionTest, ClaimsASizeThatHoldsBehindAWideAnswer) {
  const MonotonicTime before = w_.Now();
  w_.pair.guest.Leap(w_.pair.now, absl::Microseconds(4113));
  w_.way.back = absl::Milliseconds(2);
  w_.BeforeExchange(1, [&] { w_.way.back = absl::Microseconds(50); });
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("(counter-jump)"));
  EXPECT_TRUE(
      SizeOf(FindingCode::kCounterJump).Contains(absl::Microseconds(4113)));
  EXPECT_LE(w_.Get(FindingCode::kCounterJump).window_begin, before);
}

TEST_F(RateAttributionTest, ClaimsTheLengthOfAPauseInWhichItWasAsked) {
  const absl::Duration out = w_.way.out;
  w_.pair.guest.StandStill(w_.pair.now, absl::Hours(1));
  w_.pair.now += absl::Seconds(3);
  w_.way.out = absl::Hours(1) - absl::Seconds(3);
  w_.BeforeExchange(1, [&] { w_.way.out = out; });
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(-absl::Hours(1)));
}

// Of the many sizes that a wide interval holds one may be a power of two.
TEST_F(RateAttributionTest, DoesNotCallAPauseALeapOnASlowPath) {
  w_.way.back = absl::Milliseconds(500);
  w_.Polls(3);
  w_.pair.guest.StandStill(w_.pair.now, absl::Seconds(4));
  w_.Pass(absl::Seconds(5));
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
}

TEST_F(RateAttributionTest, BearsAnInterruptedReadingOfAClockThatIsSlewed) {
  w_.pair.guest.SetSlew(w_.pair.now, 83'333'000);
  w_.Polls(1);
  w_.BeforeExchange(2, [&] { w_.way.t3.gaps[1] = absl::Milliseconds(2); });
  w_.BeforeExchange(3, [&] { w_.way.t3.gaps[1] = absl::Nanoseconds(100); });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("slewing"));
}

// --- rate and slew ---

TEST_F(RateAttributionTest, WarnsOfARateWhileTheVerdictIsOk) {
  w_.pair.guest.SetRate(w_.pair.now, 180'000);
  w_.Polls(30);
  EXPECT_THAT(w_.Codes(), ElementsAre("rate-fault"));
  const Finding rate = w_.Get(FindingCode::kRateFault);
  EXPECT_EQ(rate.severity, Severity::kWarning);
  EXPECT_LE(rate.rate->lo_ppm, 180);
  EXPECT_GE(rate.rate->hi_ppm, 180);
  EXPECT_LT(rate.rate->hi_ppm - rate.rate->lo_ppm, 20);
  EXPECT_EQ(rate.occurrences, 1u);
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
  w_.pair.guest.SetRate(w_.pair.now, 0);
  w_.Polls(40);
  EXPECT_THAT(w_.Codes(), ElementsAre("(rate-fault)"));
}

// Whatever the rate and however wide the bounds are: a rate is no row of leaps,
// no misreads and no disagreement.
TEST_F(RateAttributionTest, NamesARateFaultAtAnyRateAndWidth) {
  for (const int64_t ppm :
       {510, 600, 1000, 2000, 10'000, 50'000, -700, -2000, -50'000}) {
    for (const absl::Duration delay :
         {absl::Microseconds(100), absl::Milliseconds(1),
          absl::Milliseconds(5)}) {
      SCOPED_TRACE(absl::StrCat(ppm, " ppm, ", absl::FormatDuration(delay)));
      std::mt19937_64 random(7);
      WatchedGuest w;
      w.tamper = [&](Exchange&) {
        // The next one's delays.
        w.way.out = delay * static_cast<int64_t>(random() % 100) / 100;
        w.way.back = delay * static_cast<int64_t>(random() % 100) / 100;
      };
      w.Polls(15);
      w.pair.guest.SetRate(w.pair.now, ppm * 1000);
      std::set<std::string> seen;
      for (int i = 0; i < 40; ++i) {
        w.Poll();
        for (const Finding& f : w.guest.findings()) {
          seen.insert(std::string(CodeName(f.code)));
        }
      }
      EXPECT_THAT(seen, ElementsAre("rate-fault"));
      const Finding rate = w.Get(FindingCode::kRateFault);
      EXPECT_TRUE(rate.active);
      if (std::abs(ppm) >= 1000) {
        EXPECT_EQ(rate.severity, Severity::kFault);
      }
      // Bounds are made for rates below 500 ppm: beyond, they are a little off.
      const double blur = static_cast<double>(std::abs(ppm)) / 500;
      EXPECT_LE(rate.rate->lo_ppm, static_cast<double>(ppm) + blur);
      EXPECT_GE(rate.rate->hi_ppm, static_cast<double>(ppm) - blur);
      EXPECT_TRUE(w.OffsetHolds());
    }
  }
}

TEST_F(RateAttributionTest, EndsARateFaultThatIsOver) {
  for (const int64_t ppm : {600, 2000, 50'000}) {
    WatchedGuest w;
    w.Polls(3);
    w.pair.guest.SetRate(w.pair.now, ppm * 1000);
    w.Polls(30);
    w.pair.guest.SetRate(w.pair.now, 0);
    w.Polls(40);
    EXPECT_THAT(w.Codes(), ElementsAre("(rate-fault)")) << ppm;
  }
}

TEST_F(RateAttributionTest, TellsALeapFromTheRateThatCameWithIt) {
  w_.pair.guest.SetRate(w_.pair.now, 2'000'000);
  w_.LeapGuest(absl::Seconds(-30));
  w_.Polls(3);
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("rate-fault", "stood-still"));
  EXPECT_TRUE(SizeOf(FindingCode::kStoodStill).Contains(absl::Seconds(-30)));
}

// Leaps that are small beside what bounds leave open are told a poll later, or
// not at all, but never under another name.
// A line from before the first to after the second is steep; where it stood in
// between shows that it ran at no such rate.
TEST_F(RateAttributionTest, TakesTwoLeapsToOneSideForNoRate) {
  for (int first = 1; first <= 12; ++first) {
    for (int nth = 0; nth < 8; ++nth) {
      for (const int64_t second_ms : {2, 8, 40, 200, 1700}) {
        WatchedGuest w;
        w.way.back = absl::Milliseconds(2);
        w.Polls(6);
        w.LeapGuest(absl::Milliseconds(-first));
        w.Polls(7);
        w.way.back = absl::Milliseconds(second_ms * 3 / 2);
        w.BeforeExchange(nth,
                         [&] { w.LeapGuest(absl::Milliseconds(-second_ms)); });
        for (int i = 0; i < 4; ++i) {
          w.Polls(1);
          EXPECT_THAT(w.Codes(), Not(Contains(HasSubstr("rate-fault"))))
              << -first << " ms, then " << -second_ms << " ms before the "
              << nth << "th";
        }
      }
    }
  }
}

// A burst that finds one leap can hold the next; a few wide bounds of it can
// leave room for a line through all.
TEST_F(RateAttributionTest, TakesALeapWithinTheBurstForNoRate) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> upto(0, 1);
  for (int i = 0; i < 20'000; ++i) {
    WatchedGuest w;
    const double width = std::pow(10, -4 + 3 * upto(random));
    const auto delay = [&] { return absl::Seconds(width * upto(random)); };
    w.tamper = [&](Exchange&) {
      w.way.out = delay();
      w.way.back = delay();
      // Between two questions.
      if (upto(random) < 0.3) w.Pass(absl::Seconds(upto(random)));
    };
    w.Polls(4);
    w.LeapGuest(absl::Seconds((upto(random) - 0.5) * 80));
    const double second = width * std::pow(10, -1 + 2 * upto(random));
    w.BeforeExchange(1 + static_cast<int>(8 * upto(random)), [&] {
      w.LeapGuest(absl::Seconds(upto(random) < 0.5 ? second : -second));
    });
    w.Polls(1);
    ASSERT_THAT(w.Codes(), Not(Contains(HasSubstr("rate-fault"))))
        << "life " << i;
  }
}

// Of where it stood before a leap too little may be known to tell a rate, or it
// leapt there and back: what is left is what sound counters drift.
TEST_F(RateAttributionTest, TellsNoRateThatSoundCountersMayHave) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> upto(0, 1);
  for (int i = 0; i < 4000; ++i) {
    WatchedGuest w;
    for (int phase = 0; phase < 4; ++phase) {
      w.way.back = absl::Seconds(std::pow(10, -4 + 5 * upto(random)));
      w.Polls(1 + static_cast<int>(3 * upto(random)));
      w.way.back = absl::Seconds(std::pow(10, -4 + 5 * upto(random)));
      w.BeforeExchange(static_cast<int>(8 * upto(random)), [&] {
        const absl::Duration leap =
            absl::Seconds(std::pow(10, -3 + 4 * upto(random)));
        w.LeapGuest(upto(random) < 0.8 ? -leap : leap);
      });
      w.Polls(1);
    }
    for (const Finding& finding : w.guest.findings()) {
      if (finding.code != FindingCode::kRateFault) continue;
      ASSERT_GT(finding.rate->LeastMagnitude(), kSoundApartPpm) << "life " << i;
    }
  }
}

// Where a contradiction rests on a bound from long ago a small rate explains it
// as well, and over a wide way that takes long to deny.
TEST_F(RateAttributionTest, TakesARateThatWideAnswersHideForNoLeap) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> upto(0, 1);
  for (int i = 0; i < 100; ++i) {
    WatchedGuest w;
    w.Polls(3);
    const double ppm = 550 + 1500 * upto(random);
    w.pair.guest.SetRate(w.pair.now, static_cast<PartsPerBillion>(
                                         (i % 2 == 0 ? 1000 : -1000) * ppm));
    const double widest = std::pow(10, -1.5 + 2 * upto(random));
    for (int poll = 0; poll < 200; ++poll) {
      w.way.out = absl::Seconds(widest / 2 * upto(random));
      w.way.back = absl::Seconds(widest * (0.1 + upto(random)));
      w.Polls(1);
    }
    for (const Finding& finding : w.guest.findings()) {
      ASSERT_EQ(finding.code, FindingCode::kRateFault)
          << CodeName(finding.code) << " in life " << i << ": " << ppm
          << " ppm, answers up to " << widest << " s";
    }
  }
}

TEST_F(RateAttributionTest, NamesALeapOfAnySizeAtAnyWidth) {
  for (const absl::Duration leap :
       {absl::Milliseconds(1), absl::Milliseconds(8), absl::Milliseconds(30),
        absl::Milliseconds(200), absl::Seconds(1), absl::Seconds(60)}) {
    for (const absl::Duration delay :
         {absl::Microseconds(100), absl::Milliseconds(1), absl::Milliseconds(5),
          absl::Milliseconds(50)}) {
      SCOPED_TRACE(absl::StrCat(absl::FormatDuration(leap), " at ",
                                absl::FormatDuration(delay)));
      std::mt19937_64 random(7);
      WatchedGuest w;
      w.tamper = [&](Exchange&) {
        w.way.out = delay * static_cast<int64_t>(random() % 100) / 100;
        w.way.back = delay * static_cast<int64_t>(random() % 100) / 100;
      };
      w.Polls(15);
      w.LeapGuest(leap);
      w.Polls(40);
      if (leap < absl::Milliseconds(10)) {
        EXPECT_THAT(w.Codes(),
                    ::testing::AnyOf(IsEmpty(), ElementsAre("(counter-jump)")));
      } else {
        EXPECT_THAT(w.Codes(), ElementsAre(::testing::AnyOf("counter-jump",
                                                            "(counter-jump)")));
        EXPECT_TRUE(w.Get(FindingCode::kCounterJump).size->Contains(leap));
        EXPECT_EQ(w.Get(FindingCode::kCounterJump).occurrences, 1u);
      }
    }
  }
}

TEST_F(RateAttributionTest, KeepsSlewsOutOfTheCounters) {
  for (const int64_t ppb : {83'333'000, -83'333'000, 100'500'000, 500'000}) {
    WatchedGuest w;
    w.Polls(14);
    w.pair.guest.SetSlew(w.pair.now, ppb);
    for (int i = 0; i < 14; ++i) {
      w.Poll();
      ASSERT_TRUE(w.OffsetHolds());
      ASSERT_EQ(w.guest.rate()->LeastMagnitude(), 0) << ppb << i;
    }
    if (ppb == 500'000) {
      EXPECT_THAT(w.Codes(), IsEmpty());
      continue;
    }
    EXPECT_THAT(w.Codes(), ElementsAre("slewing"));
    const Finding slew = w.Get(FindingCode::kSlewing);
    EXPECT_LE(slew.rate->lo_ppm, ppb / 1000);
    EXPECT_GE(slew.rate->hi_ppm, ppb / 1000);
    EXPECT_EQ(slew.severity, Severity::kInfo);
    w.pair.guest.SetSlew(w.pair.now, 0);
    w.Polls(2);
    EXPECT_THAT(w.Codes(), ElementsAre("(slewing)"));
  }
}

TEST_F(RateAttributionTest, SeesASetOfAClockThatIsSlewed) {
  w_.pair.guest.SetSlew(w_.pair.now, 83'333'000);
  w_.Polls(2);
  w_.SetGuest(absl::Seconds(-6), /*told=*/false);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), UnorderedElementsAre("clock-set", "slewing"));
  EXPECT_TRUE(SizeOf(FindingCode::kClockSet).Contains(absl::Seconds(-6)));
}

}  // namespace
}  // namespace noonmark
