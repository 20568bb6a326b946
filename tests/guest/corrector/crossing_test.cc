// noonmark-corrector-test is killed, by SIGKILL, before each act of a whole
// correction and again when the act's result is there and nobody has heard of
// it: at every point there is, one at a time.

#include <gtest/gtest.h>
#include <signal.h>

#include <iostream>
#include <string>
#include <tuple>

#include "tests/support/corrector_bed.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::CorrectorBed;

constexpr absl::Duration kBack = absl::Seconds(-60);
constexpr int kShards = 4;
// More than there are: the last one must be passed alive.
constexpr int kMostCrossings = 200;

enum class After {
  kRestart,     // systemd runs ExecStopPost= and starts it anew
  kNoStopPost,  // it is started anew
  kNothing,     // it is dead for good: PID 1's timer alone is left
};

class CrossingTest : public ::testing::TestWithParam<std::tuple<After, int>> {
 protected:
  // Plays dom0 until the operation is over. True: the corrector died.
  static bool Play(CorrectorBed& bed, After after, absl::Duration lease,
                   int die_at) {
    bed.StartCorrector({"--die-at", std::to_string(die_at)});
    OperationPhase seen = OperationPhase::kNone;
    while (true) {
      Order order = StatusOrder{};
      if (seen == OperationPhase::kNone) order = bed.Quiesce(kBack, lease);
      if (seen == OperationPhase::kAtRest) {
        order = bed.Correct(CorrectionMethod::kStep, kBack);
      }
      if (seen == OperationPhase::kCorrected) order = bed.Resume();
      const auto status = bed.Ask(order);
      if (!status.ok()) break;
      seen = status->phase;
      if (seen == OperationPhase::kEnded) return false;
    }
    EXPECT_EQ(bed.AwaitCorrectorsEnd(), -SIGKILL);
    if (after == After::kNothing) return true;
    if (after == After::kRestart) {
      EXPECT_EQ(bed.RunExecStopPost().exit_code, 0);
    }
    bed.StartCorrector();
    // It does not know what became of its last order: it asks for mail's
    // return, never for the correction again.
    bed.Ask(bed.Resume()).IgnoreError();
    return true;
  }

  // What is told of the operation when it is over. Its end is told before the
  // last acts, which put it away: the corrector may still die at one of those.
  static OperationStatus AwaitTheEnd(CorrectorBed& bed) {
    const auto over = [](const OperationStatus& s) {
      return s.phase == OperationPhase::kEnded ||
             s.phase == OperationPhase::kNone;
    };
    for (auto status = bed.Ask(StatusOrder{}); status.ok();
         status = bed.Ask(StatusOrder{})) {
      if (over(*status)) return *status;
    }
    EXPECT_EQ(bed.AwaitCorrectorsEnd(), -SIGKILL);
    bed.StartCorrector();
    return bed.Await(over);
  }

  // Of a guest whose operation is over, however it went.
  static void Check(CorrectorBed& bed, After after) {
    bed.AwaitMail();
    bed.systemd().WaitForState("chrony.service", "active");
    bed.systemd().WaitForState("noonmark-hold.service", "inactive");
    bed.systemd().WaitForState("noonmark-resume.timer", "inactive");
    // What did not run before is not started.
    EXPECT_EQ(bed.systemd().StateOf("postfix@out.service"), "inactive");
    // Once, or not at all.
    const absl::Duration offset = bed.Offset();
    EXPECT_TRUE(offset == absl::ZeroDuration() || offset == kBack)
        << absl::FormatDuration(offset);
    if (after == After::kNothing) return;
    const OperationStatus status = AwaitTheEnd(bed);
    // And it is known which.
    EXPECT_EQ(status.fate, offset == kBack ? CorrectionFate::kMoved
                                           : CorrectionFate::kNotMoved)
        << OutcomeName(status.outcome);
  }
};

TEST_P(CrossingTest, MailComesBackAndTheClockMovedOnceOrNot) {
  const auto [after, shard] = GetParam();
  const bool for_good = after == After::kNothing;
  // In the whole, each third of them only: it takes a lease.
  const int step = for_good ? 3 * kShards : kShards;
  int die_at = for_good ? 3 * shard + 1 : shard + 1;
  int deaths = 0;
  for (; die_at < kMostCrossings; die_at += step) {
    SCOPED_TRACE(die_at);
    CorrectorBed bed(
        {.corrector = NOONMARK_CORRECTOR_TEST, .resume = NOONMARK_RESUME});
    bed.systemd().Add("postfix@out.service", {.waits_for_hold = true});
    const bool died = Play(
        bed, after, for_good ? absl::Seconds(4) : absl::Seconds(60), die_at);
    Check(bed, died ? after : After::kRestart);
    if (!died) break;
    ++deaths;
    if (HasFailure()) break;
  }
  EXPECT_LT(die_at, kMostCrossings);
  EXPECT_GT(deaths, for_good ? 2 : 8);
  std::cout << "killed at " << deaths << " points, "
            << (for_good ? "for good" : "and started anew") << "\n";
}

std::string Name(const ::testing::TestParamInfo<std::tuple<After, int>>& test) {
  const std::string shard = std::to_string(std::get<1>(test.param));
  switch (std::get<0>(test.param)) {
    case After::kRestart:
      return "Restarted" + shard;
    case After::kNoStopPost:
      return "OnlyRestarted" + shard;
    case After::kNothing:
      return "DeadForGood" + shard;
  }
  return shard;
}

INSTANTIATE_TEST_SUITE_P(
    EveryPoint, CrossingTest,
    ::testing::Combine(::testing::Values(After::kRestart, After::kNoStopPost,
                                         After::kNothing),
                       ::testing::Range(0, kShards)),
    Name);

}  // namespace
}  // namespace noonmark
