// The real noonmark-corrector-test and noonmark-resume under a fake systemd.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/corrector_bed.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::CorrectorBed;
using ::noonmark::testing::FakeSystemd;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using Result = FakeSystemd::Result;

constexpr absl::Duration kLease = absl::Seconds(60);
constexpr absl::Duration kBack = absl::Seconds(-60);

class CorrectorProgramTest : public ::testing::Test {
 protected:
  // Gives an order that is obeyed.
  void Give(const Order& order) {
    const absl::StatusOr<OperationStatus> status = bed_.Ask(order);
    ASSERT_THAT(status, IsOk());
    EXPECT_EQ(status->refusal, Refusal::kNone) << status->detail;
  }
  void BringToRest(absl::Duration amount = kBack,
                   absl::Duration lease = kLease) {
    Give(bed_.Quiesce(amount, lease));
    bed_.AwaitPhase(OperationPhase::kAtRest);
  }
  // Of the lines that tell what a unit did, the first that has `line`.
  static size_t Place(const std::vector<std::string>& log,
                      const std::string& line) {
    for (size_t i = 0; i < log.size(); ++i) {
      if (log[i] == line) return i;
    }
    ADD_FAILURE() << "never: " << line;
    return log.size();
  }

  CorrectorBed bed_{
      {.corrector = NOONMARK_CORRECTOR_TEST, .resume = NOONMARK_RESUME}};
};

TEST_F(CorrectorProgramTest, StepsTheClockBackWhileMailRests) {
  bed_.StartCorrector();
  BringToRest();
  EXPECT_TRUE(bed_.MailRests());
  EXPECT_EQ(bed_.systemd().StateOf("chrony.service"), "inactive");
  EXPECT_EQ(bed_.systemd().StateOf("noonmark-resume.timer"), "active");
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
  Give(bed_.Correct(CorrectionMethod::kStep, kBack));
  bed_.AwaitPhase(OperationPhase::kCorrected);
  EXPECT_EQ(bed_.Offset(), kBack);
  EXPECT_TRUE(bed_.MailRests());
  Give(bed_.Resume());
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kDone);
  EXPECT_EQ(status.fate, CorrectionFate::kMoved);
  EXPECT_LT(absl::AbsDuration(status.moved - kBack), absl::Milliseconds(10));
  EXPECT_TRUE(bed_.MailRuns());
  bed_.systemd().WaitForState("noonmark-resume.timer", "inactive");

  // In the order that mail needs.
  const std::vector<std::string> log = bed_.systemd().Log();
  const std::vector<std::string> order = {
      "start noonmark-resume.timer",
      "start noonmark-hold.service",
      "stop postfix@-.service",
      "stop dovecot.service",
      "stop chrony.service",
      "start noonmark-action@chrony-before-start.service",
      "start chrony.service",
      "stop noonmark-hold.service",
      "start dovecot.service",
      "start postfix@-.service",
      "start noonmark-action@postfix-step.service",
      "stop noonmark-resume.timer"};
  for (size_t i = 1; i < order.size(); ++i) {
    EXPECT_LT(Place(log, order[i - 1]), Place(log, order[i])) << order[i];
  }
}

TEST_F(CorrectorProgramTest, StepsALittleForwardWithoutStoppingMail) {
  bed_.StartCorrector();
  Give(bed_.Correct(CorrectionMethod::kStep, absl::Seconds(10)));
  EXPECT_EQ(bed_.AwaitEnd().fate, CorrectionFate::kMoved);
  EXPECT_EQ(bed_.Offset(), absl::Seconds(10));
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
  EXPECT_EQ(bed_.systemd().CountInLog("start chrony.service"), 1);
}

TEST_F(CorrectorProgramTest, StepsNothingBackWhileMailRuns) {
  bed_.StartCorrector();
  const auto status = bed_.Ask(bed_.Correct(CorrectionMethod::kStep, kBack));
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(status->refusal, Refusal::kNotAtRest);
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
}

TEST_F(CorrectorProgramTest, SlewsAndTellsWhenItIsOver) {
  bed_.StartCorrector();
  Give(bed_.Correct(CorrectionMethod::kSlew, absl::Milliseconds(-1)));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.fate, CorrectionFate::kMoved);
  EXPECT_EQ(bed_.Offset(), absl::Milliseconds(-1));
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
}

TEST_F(CorrectorProgramTest, ClientsOfASocketWaitAndNothingIsStartedForThem) {
  bed_.StartCorrector();
  BringToRest();
  bed_.systemd().ConnectTo("dovecot.socket");
  EXPECT_EQ(bed_.systemd().CountInLog("start dovecot.service"), 1);
  EXPECT_EQ(bed_.systemd().StateOf("dovecot.service"), "inactive");
  Give(bed_.Correct(CorrectionMethod::kStep, kBack));
  bed_.AwaitPhase(OperationPhase::kCorrected);
  Give(bed_.Resume());
  EXPECT_EQ(bed_.AwaitEnd().outcome, OperationOutcome::kDone);
  EXPECT_TRUE(bed_.MailRuns());
}

TEST_F(CorrectorProgramTest, NeverStepsWhenSomethingWouldNotStop) {
  for (const Result result :
       {Result::kCanceled, Result::kTimeout, Result::kFailed,
        Result::kDependency, Result::kSkipped, Result::kRefused}) {
    SCOPED_TRACE(static_cast<int>(result));
    if (!bed_.HasCorrector()) bed_.StartCorrector();
    bed_.NextOperation();
    bed_.systemd().Change("dovecot.service", [result](FakeSystemd::Unit& unit) {
      unit.stop = result;
    });
    Give(bed_.Quiesce(kBack, kLease));
    const OperationStatus status = bed_.AwaitEnd();
    EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
    EXPECT_EQ(status.given_up, Refusal::kWouldNotStop);
    EXPECT_TRUE(bed_.MailRuns());
    EXPECT_EQ(bed_.systemd().StateOf("chrony.service"), "active");
    EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
  }
}

TEST_F(CorrectorProgramTest, NeverStepsOverAProcessOrAPortThatIsLeft) {
  bed_.StartCorrector();
  for (const bool process : {true, false}) {
    bed_.NextOperation();
    bed_.systemd().Change("postfix@-.service", [&](FakeSystemd::Unit& unit) {
      unit.leaves_process = process;
      unit.leaves_port = !process;
    });
    Give(bed_.Quiesce(kBack, kLease));
    EXPECT_EQ(bed_.AwaitEnd().given_up, Refusal::kWouldNotStop);
    EXPECT_TRUE(bed_.MailRuns());
  }
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
}

TEST_F(CorrectorProgramTest, NeverStepsAfterAServiceCameBackBehindItsBack) {
  bed_.StartCorrector();
  BringToRest();
  // An administrator with --force has no hold.
  bed_.systemd().Change("dovecot.service", [](FakeSystemd::Unit& unit) {
    unit.waits_for_hold = false;
  });
  bed_.systemd().Order(UnitVerb::kStart, "dovecot.service");
  bed_.systemd().WaitForState("dovecot.service", "active");
  bed_.Ask(bed_.Correct(CorrectionMethod::kStep, kBack)).IgnoreError();
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.fate, CorrectionFate::kNotMoved);
  EXPECT_EQ(status.given_up, Refusal::kNotAtRest);
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
  EXPECT_TRUE(bed_.MailRuns());
}

TEST_F(CorrectorProgramTest, NeverStepsAfterSomebodyElseSetTheClock) {
  bed_.StartCorrector();
  BringToRest();
  const CorrectOrder order = bed_.Correct(CorrectionMethod::kStep, kBack);
  bed_.SetOffset("+3");
  bed_.Ask(order).IgnoreError();
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.given_up, Refusal::kClockMoved);
  EXPECT_EQ(status.fate, CorrectionFate::kNotMoved);
  EXPECT_EQ(bed_.Offset(), absl::Seconds(3));
  EXPECT_TRUE(bed_.MailRuns());
}

TEST_F(CorrectorProgramTest, ATimeDaemonThatStepsAgainstUsIsDisputed) {
  bed_.StartCorrector();
  BringToRest();
  bed_.systemd().OnJob([this](UnitVerb verb, const std::string& unit) {
    if (verb == UnitVerb::kStart && unit == "chrony.service") {
      bed_.SetOffset("+0");
    }
  });
  Give(bed_.Correct(CorrectionMethod::kStep, kBack));
  bed_.Await([](const OperationStatus& status) {
    return status.phase >= OperationPhase::kCorrected;
  });
  bed_.Ask(bed_.Resume()).IgnoreError();
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kDisputed);
  EXPECT_TRUE(bed_.MailRuns());
}

TEST_F(CorrectorProgramTest, AServiceThatDoesNotStartIsTriedAgainAndTold) {
  bed_.StartCorrector();
  BringToRest(kBack, absl::Seconds(10));
  bed_.systemd().Change("dovecot.service", [](FakeSystemd::Unit& unit) {
    unit.start = Result::kFailed;
  });
  Give(bed_.Resume());
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kResumeFailed);
  EXPECT_GE(bed_.systemd().CountInLog("start dovecot.service"), 2);
  // The hold has ended and the rest is up.
  EXPECT_EQ(bed_.systemd().StateOf("postfix@-.service"), "active");
  EXPECT_EQ(bed_.systemd().StateOf("noonmark-hold.service"), "inactive");
}

TEST_F(CorrectorProgramTest, RunsHooksWithTheAmountAndTheLease) {
  const std::string hook = bed_.folder().Write("hooks/stalwart", "#!/bin/sh\n");
  std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
  // Reads what it was told, as the shipped unit's program does.
  bed_.systemd().Add("noonmark-hook@stalwart.service",
                     {.command = {"/bin/sh", "-c",
                                  "cat " + bed_.places().Hook() + " >>" +
                                      bed_.folder().Path("told")},
                      .is_oneshot = true});
  bed_.StartCorrector();
  BringToRest();
  Give(bed_.Resume());
  EXPECT_EQ(bed_.AwaitEnd().outcome, OperationOutcome::kGivenUp);
  std::ifstream told(bed_.folder().Path("told"));
  std::string line;
  std::getline(told, line);
  EXPECT_EQ(line.substr(0, 19), "quiesce -60.000000 ") << line;
  std::getline(told, line);
  EXPECT_EQ(line, "resume -60.000000 0.000");
}

TEST_F(CorrectorProgramTest, AHookThatFailsAbortsBeforeAnythingStops) {
  const std::string hook = bed_.folder().Write("hooks/stalwart", "#!/bin/sh\n");
  std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
  bed_.systemd().Add("noonmark-hook@stalwart.service",
                     {.command = {"/bin/false"}, .is_oneshot = true});
  bed_.StartCorrector();
  Give(bed_.Quiesce(kBack, kLease));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.given_up, Refusal::kHook);
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
}

TEST_F(CorrectorProgramTest, StopsNothingWithoutAJournal) {
  std::filesystem::remove_all(bed_.places().state);
  bed_.StartCorrector();
  // Not even the epoch can be remembered.
  const auto status = bed_.Ask(bed_.Quiesce(kBack, kLease));
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(status->refusal, Refusal::kJournal);
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
  EXPECT_TRUE(bed_.MailRuns());
}

TEST_F(CorrectorProgramTest, RefusesAllWhereTheGuestDoesNotAllowIt) {
  bed_.Configure("");
  bed_.StartCorrector();
  const auto status = bed_.Ask(bed_.Quiesce(kBack, kLease));
  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(status->refusal, Refusal::kUnconfigured);
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
}

TEST_F(CorrectorProgramTest, SaysWhatIsWrongWithItsConfiguration) {
  bed_.Configure("[correct]\nservices = [\"sendmail\"]\n");
  bed_.StartCorrector();
  EXPECT_EQ(bed_.AwaitCorrectorsEnd(), 1);
  EXPECT_NE(bed_.correctors_words().find("no profile \"sendmail\""),
            std::string::npos)
      << bed_.correctors_words();
  bed_.Configure("[agent]\nlisten = 5\n[correct]\nlease_max = \"1h\"\n");
  bed_.StartCorrector();
  EXPECT_EQ(bed_.AwaitCorrectorsEnd(), 1);
  EXPECT_NE(bed_.correctors_words().find("agent.toml:4:13: correct.lease_max"),
            std::string::npos)
      << bed_.correctors_words();
}

TEST_F(CorrectorProgramTest, EndsAtASignalAndLeavesNoSocket) {
  bed_.StartCorrector();
  EXPECT_TRUE(std::filesystem::exists(bed_.places().Socket()));
  bed_.SignalCorrector(SIGTERM);
  EXPECT_EQ(bed_.AwaitCorrectorsEnd(), 0);
  EXPECT_FALSE(std::filesystem::exists(bed_.places().Socket()));
}

// --- whoever dies ---

TEST_F(CorrectorProgramTest, KilledForGoodTheTimerBringsMailBackAtLeasesEnd) {
  bed_.StartCorrector();
  BringToRest(kBack, absl::Seconds(2));
  SystemClock clock;
  const absl::Duration at_rest = clock.Read().boottime;
  bed_.KillCorrector();
  EXPECT_TRUE(bed_.MailRests());
  bed_.systemd().WaitForLog("start dovecot.service");
  bed_.systemd().WaitForLog("start postfix@-.service");
  EXPECT_LT(clock.Read().boottime - at_rest, absl::Seconds(2 + 5));
  bed_.AwaitMail();
  // And it stops looking.
  bed_.systemd().WaitForState("noonmark-resume.timer", "inactive");
  EXPECT_EQ(bed_.systemd().StateOf("chrony.service"), "active");
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
}

TEST_F(CorrectorProgramTest, ItsEndAloneBringsMailBack) {
  bed_.StartCorrector();
  BringToRest();
  bed_.KillCorrector();
  EXPECT_EQ(bed_.RunExecStopPost().exit_code, 0);
  EXPECT_TRUE(bed_.MailRuns());
  // Its successor finds that out and closes the operation.
  bed_.StartCorrector();
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kLeaseEnded);
  EXPECT_EQ(status.fate, CorrectionFate::kNotMoved);
}

TEST_F(CorrectorProgramTest, AfterARebootMailIsBroughtBackAtOnce) {
  bed_.StartCorrector({"--boot-id", "11111111-1111-4111-8111-111111111111"});
  QuiesceOrder order = bed_.Quiesce(kBack, kLease);
  order.header.boot = *ParseBootId("11111111-1111-4111-8111-111111111111");
  Give(order);
  bed_.AwaitPhase(OperationPhase::kAtRest);
  bed_.KillCorrector();
  bed_.systemd().Reboot();
  std::filesystem::remove_all(bed_.places().runtime);
  // What the boot's unit runs; this machine's boot is another.
  bed_.systemd().Order(UnitVerb::kStart, "noonmark-resume.service");
  bed_.AwaitMail();
}

TEST_F(CorrectorProgramTest, ARestartedOneBringsMailBackByItself) {
  bed_.StartCorrector();
  BringToRest();
  bed_.KillCorrector();
  bed_.StartCorrector();
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
  EXPECT_TRUE(bed_.MailRuns());
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
}

// --- the watchman's wish ---

TEST_F(CorrectorProgramTest, ReloadsAServiceThatSuffers) {
  bed_.StartCorrector();
  EXPECT_THAT(bed_.Reload("dovecot"), IsOk());
  bed_.systemd().WaitForLog(
      "start noonmark-action@dovecot-unannounced.service");
  EXPECT_EQ(bed_.systemd().CountInLog("start dovecot.service"), 0);
  // No action of its own: its units are reloaded.
  EXPECT_THAT(bed_.Reload("postfix"), IsOk());
  bed_.systemd().WaitForLog("reload postfix@-.service");
}

TEST_F(CorrectorProgramTest, StartsWhatDiedBeforeItActs) {
  bed_.systemd().Crash("dovecot.service");
  bed_.StartCorrector();
  EXPECT_THAT(bed_.Reload("dovecot"), IsOk());
  bed_.AwaitMail();
  bed_.systemd().WaitForLog(
      "start noonmark-action@dovecot-unannounced.service");
}

TEST_F(CorrectorProgramTest, StartsWhatDiesSoonAfterItHasActed) {
  bed_.StartCorrector();
  EXPECT_THAT(bed_.Reload("dovecot"), IsOk());
  bed_.systemd().WaitForLog(
      "noonmark-action@dovecot-unannounced.service: inactive");
  bed_.systemd().Crash("dovecot.service");
  bed_.AwaitMail();
  EXPECT_EQ(bed_.systemd().CountInLog("start dovecot.service"), 1);
}

TEST_F(CorrectorProgramTest, ReloadsNothingThatIsNotListedOrDuringACorrection) {
  bed_.StartCorrector();
  EXPECT_THAT(bed_.Reload("ssh"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no profile"));
  BringToRest();
  EXPECT_THAT(bed_.Reload("dovecot"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "open"));
}

}  // namespace
}  // namespace noonmark
