#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/simulation/correction_world.h"

namespace noonmark::simulation {
namespace {

TEST(CorrectionSimulationTest, EndsWellWhereNothingFails) {
  for (const CorrectionKind kind : kAllCorrectionKinds) {
    SCOPED_TRACE(CorrectionKindName(kind));
    const CorrectionTally tally = RunCorrection(kind, Deaths());
    EXPECT_TRUE(tally.breaches.empty()) << tally.breaches.begin()->first;
    const bool corrects = kind != CorrectionKind::kQuiesceOnly;
    EXPECT_EQ(tally.moves, corrects ? 1u : 0u);
    EXPECT_EQ(tally.results.begin()->first,
              corrects ? "corrected (none)" : "not-corrected (cancelled)");
  }
}

TEST(CorrectionSimulationTest, IsTheSameEachTime) {
  const CorrectionTally one = RunRandomCorrection(7);
  const CorrectionTally again = RunRandomCorrection(7);
  EXPECT_EQ(one.points, again.points);
  EXPECT_EQ(one.results, again.results);
  EXPECT_EQ(one.faults, again.faults);
}

// What --disk-faults goes through: the points of a run that are in a write, and
// how much each writes.
TEST(CorrectionSimulationTest, KnowsEachWriteAndItsBytes) {
  const CorrectionTally tally = RunCorrection(CorrectionKind::kStepBack, {});
  size_t largest = 0;
  for (const auto& [point, bytes] : tally.writes) {
    EXPECT_LE(point, tally.points);
    EXPECT_EQ(bytes % kRecordBytes, 0u);
    largest = std::max(largest, bytes);
    Deaths deaths;
    deaths.points = {point};
    EXPECT_EQ(RunCorrection(CorrectionKind::kStepBack, deaths).deaths, 1u);
  }
  // Its three units and the intent, at once.
  EXPECT_EQ(largest, 4 * kRecordBytes);
  // dom0: planned, two orders, closed; the guest: epoch, intent, move intent,
  // moved, ended.
  EXPECT_EQ(tally.writes.size(), 9u);
}

// A care that is left out is found out. Each is in a corrector, or beside one,
// that is otherwise the real one.
class MutatedCorrectionTest : public ::testing::TestWithParam<Mutation> {};

TEST_P(MutatedCorrectionTest, IsFoundOut) {
  constexpr uint64_t kMostRuns = 4000;
  uint64_t seed = 1;
  std::string breach;
  for (; seed <= kMostRuns && breach.empty(); ++seed) {
    const CorrectionTally tally = RunRandomCorrection(seed, GetParam());
    if (!tally.breaches.empty()) breach = tally.breaches.begin()->first;
  }
  ASSERT_FALSE(breach.empty());
  RecordProperty("runs", std::to_string(seed - 1));
  RecordProperty("breach", breach);
}

INSTANTIATE_TEST_SUITE_P(
    EachCare, MutatedCorrectionTest,
    ::testing::Values(Mutation::kForgetsSync, Mutation::kIgnoresEpoch,
                      Mutation::kSkipsProof, Mutation::kIgnoresValidity,
                      Mutation::kNoLastLook, Mutation::kNoKeeper,
                      Mutation::kIgnoresLock, Mutation::kForgetsOperation,
                      Mutation::kIgnoresHook, Mutation::kForgetsBeforeStart,
                      Mutation::kTakesUnheardForTried),
    [](const ::testing::TestParamInfo<Mutation>& param) -> std::string {
      switch (param.param) {
        case Mutation::kNone:
          return "None";
        case Mutation::kForgetsSync:
          return "ForgetsSync";
        case Mutation::kIgnoresEpoch:
          return "IgnoresEpoch";
        case Mutation::kSkipsProof:
          return "SkipsProof";
        case Mutation::kIgnoresValidity:
          return "IgnoresValidity";
        case Mutation::kNoLastLook:
          return "NoLastLook";
        case Mutation::kNoKeeper:
          return "NoKeeper";
        case Mutation::kIgnoresLock:
          return "IgnoresLock";
        case Mutation::kForgetsOperation:
          return "ForgetsOperation";
        case Mutation::kIgnoresHook:
          return "IgnoresHook";
        case Mutation::kForgetsBeforeStart:
          return "ForgetsBeforeStart";
        case Mutation::kTakesUnheardForTried:
          return "TakesUnheardForTried";
      }
      return "";
    });

}  // namespace
}  // namespace noonmark::simulation
