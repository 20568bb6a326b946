// The real noonmark-corrector-test and noonmark-resume, and what goes wrong
// around them: each ends in a state that has a name, mail is up, and no clock
// was moved blindly.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <future>
#include <string>

#include "tests/support/corrector_bed.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::CorrectorBed;
using ::noonmark::testing::FakeSystemd;
using ::noonmark::testing::IsOk;
using Result = FakeSystemd::Result;

constexpr absl::Duration kLease = absl::Seconds(60);
constexpr absl::Duration kBack = absl::Seconds(-60);

class CorrectorTroubleTest : public ::testing::Test {
 protected:
  void Give(const Order& order) {
    const absl::StatusOr<OperationStatus> status = bed_.Ask(order);
    ASSERT_THAT(status, IsOk());
    EXPECT_EQ(status->refusal, Refusal::kNone) << status->detail;
  }
  void BringToRest(absl::Duration lease = kLease) {
    Give(bed_.Quiesce(kBack, lease));
    bed_.AwaitPhase(OperationPhase::kAtRest);
    EXPECT_TRUE(bed_.MailRests());
  }
  void AddHook(const FakeSystemd::Unit& unit) {
    const std::string hook =
        bed_.folder().Write("hooks/stalwart", "#!/bin/sh\n");
    std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
    bed_.systemd().Add("noonmark-hook@stalwart.service", unit);
  }
  void WriteDovecot(const std::string& more) {
    bed_.folder().Write("profiles/dovecot.toml",
                        "[service]\nrole = \"mail-store\"\n"
                        "units = [\"dovecot.service\"]\n"
                        "sockets = [\"dovecot.socket\"]\nports = [143]\n" +
                            more);
  }
  void ExpectMailUpAndNoStep() {
    EXPECT_TRUE(bed_.MailRuns());
    EXPECT_EQ(bed_.systemd().StateOf("chrony.service"), "active");
    EXPECT_EQ(bed_.systemd().StateOf("noonmark-hold.service"), "inactive");
    EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
  }

  CorrectorBed bed_{
      {.corrector = NOONMARK_CORRECTOR_TEST, .resume = NOONMARK_RESUME}};
};

TEST_F(CorrectorTroubleTest, AHookThatHangsIsEndedAtItsLimitAndNothingStops) {
  // As the shipped unit has a TimeoutStartSec=, but shorter.
  AddHook({.command = {"/bin/sleep", "1000"},
           .is_oneshot = true,
           .start_limit = absl::Milliseconds(300)});
  bed_.StartCorrector();
  Give(bed_.Quiesce(kBack, kLease));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(status.given_up, Refusal::kHook);
  EXPECT_NE(status.detail.find("timeout"), std::string::npos) << status.detail;
  EXPECT_EQ(bed_.systemd().StateOf("noonmark-hook@stalwart.service"), "failed");
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
  ExpectMailUpAndNoStep();
}

TEST_F(CorrectorTroubleTest, AHookThatHangsBeyondTheLeaseKeepsNothingDown) {
  AddHook({.command = {"/bin/sleep", "1000"}, .is_oneshot = true});
  bed_.StartCorrector();
  Give(bed_.Quiesce(kBack, absl::Seconds(4)));
  // On the way back it hangs again; mail does not wait for it.
  bed_.systemd().WaitForState("noonmark-hold.service", "activating");
  bed_.systemd().WaitForState("noonmark-hold.service", "inactive");
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 0);
  ExpectMailUpAndNoStep();
}

TEST_F(CorrectorTroubleTest, ALoginThatNeverGetsThroughIsToldAndMailIsUp) {
  WriteDovecot("[ready]\nby = \"login\"\nlimit = \"1s\"\n");
  bed_.folder().Write("probe.toml", "");
  bed_.systemd().Add("noonmark-login-probe.service",
                     {.command = {"/bin/false"}, .is_oneshot = true});
  bed_.StartCorrector();
  BringToRest();
  Give(bed_.Correct(CorrectionMethod::kStep, kBack));
  bed_.AwaitPhase(OperationPhase::kCorrected);
  Give(bed_.Resume());
  const OperationStatus status = bed_.AwaitEnd();
  // For dom0 that is HELD.
  EXPECT_EQ(status.outcome, OperationOutcome::kResumeFailed);
  EXPECT_EQ(status.fate, CorrectionFate::kMoved);
  EXPECT_EQ(bed_.Offset(), kBack);
  EXPECT_TRUE(bed_.MailRuns());
  EXPECT_GE(bed_.systemd().CountInLog("start noonmark-login-probe.service"), 2);
}

TEST_F(CorrectorTroubleTest, AServiceThatHangsAsItStopsEndsItBeforeTheStep) {
  WriteDovecot("stop_limit = \"1s\"\n");
  bed_.systemd().Change("dovecot.service", [](FakeSystemd::Unit& unit) {
    unit.stop = Result::kNever;
  });
  bed_.StartCorrector();
  Give(bed_.Quiesce(kBack, kLease));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(status.given_up, Refusal::kWouldNotStop);
  ExpectMailUpAndNoStep();
}

TEST_F(CorrectorTroubleTest,
       AServiceThatMayNotBeStartedIsToldOfAndTheRestIsUp) {
  bed_.StartCorrector();
  BringToRest(absl::Seconds(8));
  bed_.systemd().Change("postfix@-.service", [](FakeSystemd::Unit& unit) {
    unit.start = Result::kRefused;
  });
  Give(bed_.Resume());
  EXPECT_EQ(bed_.AwaitEnd().outcome, OperationOutcome::kResumeFailed);
  EXPECT_EQ(bed_.systemd().StateOf("dovecot.service"), "active");
  EXPECT_EQ(bed_.systemd().StateOf("chrony.service"), "active");
  EXPECT_EQ(bed_.systemd().StateOf("noonmark-hold.service"), "inactive");
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
}

TEST_F(CorrectorTroubleTest, OnAFullDiskNothingIsStopped) {
  bed_.StartCorrector();
  // Its owner is remembered; then the disk fills.
  BringToRest();
  Give(bed_.Resume());
  bed_.AwaitEnd();
  bed_.systemd().WaitForState("noonmark-resume.timer", "inactive");
  const int stops = bed_.systemd().CountInLog("stop dovecot.service");
  bed_.FillCorrectorsDisk();
  bed_.NextOperation();
  Give(bed_.Quiesce(kBack, kLease));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(status.given_up, Refusal::kJournal);
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), stops);
  ExpectMailUpAndNoStep();
}

TEST_F(CorrectorTroubleTest, ADiskThatFillsWhileMailRestsEndsItBeforeTheStep) {
  bed_.StartCorrector();
  BringToRest();
  bed_.FillCorrectorsDisk();
  Give(bed_.Correct(CorrectionMethod::kStep, kBack));
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(status.given_up, Refusal::kJournal);
  EXPECT_EQ(status.fate, CorrectionFate::kNotMoved);
  ExpectMailUpAndNoStep();
}

TEST_F(CorrectorTroubleTest, StoppedBeyondItsLeaseItMakesNoStepWhenItGoesOn) {
  bed_.StartCorrector();
  BringToRest(absl::Seconds(2));
  bed_.SignalCorrector(SIGSTOP);
  // Ordered in time; it lies in its socket until it goes on.
  auto order = std::async(std::launch::async, [this] {
    return bed_.Ask(bed_.Correct(CorrectionMethod::kStep, kBack));
  });
  bed_.AwaitMail();
  bed_.systemd().WaitForState("noonmark-hold.service", "inactive");
  EXPECT_EQ(bed_.Offset(), absl::ZeroDuration());
  bed_.SignalCorrector(SIGCONT);
  const absl::StatusOr<OperationStatus> answer = order.get();
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->fate, CorrectionFate::kNotMoved);
  const OperationStatus status = bed_.AwaitEnd();
  EXPECT_EQ(status.outcome, OperationOutcome::kLeaseEnded);
  EXPECT_EQ(status.fate, CorrectionFate::kNotMoved);
  bed_.systemd().WaitForState("noonmark-resume.timer", "inactive");
  EXPECT_EQ(bed_.systemd().CountInLog("stop dovecot.service"), 1);
  ExpectMailUpAndNoStep();
}

}  // namespace
}  // namespace noonmark
