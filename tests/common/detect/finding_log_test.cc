#include "common/detect/finding_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace noonmark {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

MonotonicTime At(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

Finding Make(FindingCode code, int64_t at,
             Severity severity = Severity::kFault) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  finding.first_seen = finding.last_seen = At(at);
  return finding;
}
Finding Past(FindingCode code, int64_t at,
             Severity severity = Severity::kFault) {
  Finding finding = Make(code, at, severity);
  finding.active = false;
  return finding;
}

std::vector<FindingCode> Codes(const FindingLog& log) {
  std::vector<FindingCode> codes;
  for (const Finding& finding : log.Ordered()) codes.push_back(finding.code);
  return codes;
}

TEST(FindingLogTest, CountsWhatHappensAgainAndKeepsItsFirstTime) {
  FindingLog log;
  log.Record(Make(FindingCode::kClockSet, 100));
  log.Record(Make(FindingCode::kClockSet, 200, Severity::kWarning));
  const Finding set = *log.Find(FindingCode::kClockSet);
  EXPECT_EQ(set.occurrences, 2u);
  EXPECT_EQ(set.first_seen, At(100));
  EXPECT_EQ(set.last_seen, At(200));
  EXPECT_EQ(set.severity, Severity::kWarning);
  EXPECT_EQ(log.size(), 1u);
}

TEST(FindingLogTest, LetsAPastOneReplaceNoneThatIsNotOver) {
  FindingLog log;
  log.Record(Make(FindingCode::kClockSet, 100));
  log.Record(Past(FindingCode::kClockSet, 200, Severity::kInfo));
  const Finding set = *log.Find(FindingCode::kClockSet);
  EXPECT_TRUE(set.active);
  EXPECT_EQ(set.severity, Severity::kFault);
  EXPECT_EQ(set.last_seen, At(100));
  EXPECT_EQ(set.occurrences, 2u);
}

TEST(FindingLogTest, HoldsAConditionOnceHoweverOftenItIsSeen) {
  FindingLog log;
  for (int i = 0; i < 10; ++i) log.Hold(Make(FindingCode::kRateFault, 100 + i));
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->occurrences, 1u);
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->first_seen, At(100));
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->last_seen, At(109));
  log.End(FindingCode::kRateFault, At(120));
  EXPECT_FALSE(log.IsActive(FindingCode::kRateFault));
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->last_seen, At(120));
  log.Hold(Make(FindingCode::kRateFault, 130));
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->occurrences, 2u);
  EXPECT_EQ(log.Find(FindingCode::kRateFault)->first_seen, At(130));
}

TEST(FindingLogTest, EndsMovementsAndLeavesTheMomentOfTheirs) {
  FindingLog log;
  log.Record(Make(FindingCode::kCounterJump, 100));
  log.Hold(Make(FindingCode::kRateFault, 100));
  log.EndMovements(At(500));
  EXPECT_FALSE(log.IsActive(FindingCode::kCounterJump));
  EXPECT_EQ(log.Find(FindingCode::kCounterJump)->last_seen, At(100));
  EXPECT_TRUE(log.IsActive(FindingCode::kRateFault));
}

TEST(FindingLogTest, DropsWhatEndedLongAgoHoweverLongItLasted) {
  FindingLog log;
  log.Record(Make(FindingCode::kCounterJump, 100));
  log.Record(Past(FindingCode::kReadGlitch, 100));
  log.EndMovements(At(100'000));
  log.EndMovements(At(200'000));  // it is over already
  log.Expire(At(100 + 1000), absl::Seconds(1000));
  EXPECT_THAT(Codes(log), Contains(FindingCode::kReadGlitch));
  log.Expire(At(100 + 1001), absl::Seconds(1000));
  EXPECT_THAT(Codes(log), ElementsAre(FindingCode::kCounterJump));
  log.Expire(At(101'000), absl::Seconds(1000));
  EXPECT_THAT(Codes(log), ElementsAre(FindingCode::kCounterJump));
  log.Expire(At(101'001), absl::Seconds(1000));
  EXPECT_THAT(Codes(log), IsEmpty());
}

TEST(FindingLogTest, NeverDropsWhatIsNotOver) {
  FindingLog log;
  log.Record(Make(FindingCode::kCounterJump, 100));
  log.Expire(At(1'000'000'000), absl::Seconds(1));
  EXPECT_THAT(Codes(log), ElementsAre(FindingCode::kCounterJump));
}

TEST(FindingLogTest, ShowsActiveBeforePastThenTheMoreSevereThenTheLater) {
  FindingLog log;
  log.Record(Past(FindingCode::kClockSet, 900));
  log.Record(Make(FindingCode::kSlewing, 800, Severity::kInfo));
  log.Record(Make(FindingCode::kCounterJump, 100));
  log.Record(Make(FindingCode::kStoodStill, 200));
  log.Record(Make(FindingCode::kRateFault, 700, Severity::kWarning));
  EXPECT_THAT(Codes(log),
              ElementsAre(FindingCode::kStoodStill, FindingCode::kCounterJump,
                          FindingCode::kRateFault, FindingCode::kSlewing,
                          FindingCode::kClockSet));
}

TEST(FindingLogTest, KeepsTheWeightiestWhenThereAreMany) {
  FindingLog log;
  log.Record(Make(FindingCode::kCounterJump, 1));
  log.Record(Past(FindingCode::kReadGlitch, 2, Severity::kWarning));
  log.Record(Past(FindingCode::kRebooted, 3, Severity::kInfo));
  log.Record(Past(FindingCode::kCaughtUp, 4, Severity::kInfo));
  log.Record(Make(FindingCode::kSlewing, 5, Severity::kInfo));
  log.Record(Make(FindingCode::kAgentUnreachable, 6, Severity::kWarning));
  log.Record(Make(FindingCode::kRateFault, 7, Severity::kWarning));
  ASSERT_EQ(log.size(), FindingLog::kMost);
  log.Record(Make(FindingCode::kClockSet, 8));
  EXPECT_EQ(log.size(), FindingLog::kMost);
  EXPECT_THAT(Codes(log), Not(Contains(FindingCode::kRebooted)));
  EXPECT_THAT(Codes(log), Contains(FindingCode::kClockSet));
  // What weighs less than all that is there is not taken in.
  log.Record(Past(FindingCode::kNoAgent, 1, Severity::kInfo));
  EXPECT_THAT(Codes(log), Not(Contains(FindingCode::kNoAgent)));
  EXPECT_THAT(Codes(log), Contains(FindingCode::kCaughtUp));
}

TEST(FindingLogTest, GivesBackAllThatWasTold) {
  Finding told;
  told.code = FindingCode::kHostStepped;
  told.severity = Severity::kWarning;
  told.alone = false;
  told.first_seen = At(5);
  told.last_seen = At(6) + absl::Nanoseconds(1);
  told.size =
      Interval{-absl::Nanoseconds(1) / 4,
               absl::Nanoseconds(std::numeric_limits<int64_t>::max()) * 2};
  told.before =
      Interval{absl::Nanoseconds(std::numeric_limits<int64_t>::min()) * 2,
               -absl::Seconds(1)};
  told.after = Interval{-absl::Nanoseconds(7) / 4, absl::Seconds(1)};
  told.window_begin = At(3);
  told.window_end = At(4);
  told.signature = &AllSignatures()[3];
  told.rate = RateInterval{-1.25, 1e9};
  told.discontinuities = 7;
  told.on_old = 1;
  told.on_new = 2;
  told.on_neither = 3;
  told.note = "why";
  FindingLog log;
  log.Record(told);
  const Finding kept = *log.Find(told.code);
  EXPECT_EQ(kept.code, told.code);
  EXPECT_EQ(kept.severity, told.severity);
  EXPECT_EQ(kept.active, told.active);
  EXPECT_EQ(kept.alone, told.alone);
  EXPECT_EQ(kept.first_seen, told.first_seen);
  EXPECT_EQ(kept.last_seen, told.last_seen);
  EXPECT_EQ(kept.size, told.size);
  EXPECT_EQ(kept.before, told.before);
  EXPECT_EQ(kept.after, told.after);
  EXPECT_EQ(kept.window_begin, told.window_begin);
  EXPECT_EQ(kept.window_end, told.window_end);
  EXPECT_EQ(kept.signature, told.signature);
  EXPECT_EQ(kept.rate->lo_ppm, told.rate->lo_ppm);
  EXPECT_EQ(kept.rate->hi_ppm, told.rate->hi_ppm);
  EXPECT_EQ(kept.discontinuities, told.discontinuities);
  EXPECT_EQ(kept.on_old, told.on_old);
  EXPECT_EQ(kept.on_new, told.on_new);
  EXPECT_EQ(kept.on_neither, told.on_neither);
  EXPECT_EQ(kept.note, told.note);
  EXPECT_FALSE(log.Find(FindingCode::kClockSet).has_value());
}

TEST(FindingLogTest, CutsALongNoteBetweenCharacters) {
  Finding told = Make(FindingCode::kAgentUntrusted, 1);
  for (int i = 0; i < 500; ++i) told.note += "\u00fc";
  EXPECT_EQ(Cut(told.note, 200), told.note.substr(0, 200));
  EXPECT_EQ(Cut(told.note, 199), told.note.substr(0, 198));
  EXPECT_EQ(Cut(told.note, 5000), told.note);
  EXPECT_EQ(Cut("\u00fc", 1), "");
  // It is kept whole until it is over.
  FindingLog log;
  log.Record(told);
  EXPECT_EQ(log.Find(told.code)->note, told.note);
  log.End(told.code, At(2));
  EXPECT_EQ(log.Find(told.code)->note, Cut(told.note, 40));
}

TEST(FindingLogTest, SaturatesCounts) {
  Finding told = Make(FindingCode::kClockSet, 1);
  told.discontinuities = std::numeric_limits<uint64_t>::max();
  told.on_new = 1'000'000;
  FindingLog log;
  log.Record(told);
  EXPECT_EQ(log.Find(told.code)->discontinuities,
            std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(log.Find(told.code)->on_new, 255);
}

}  // namespace
}  // namespace noonmark
