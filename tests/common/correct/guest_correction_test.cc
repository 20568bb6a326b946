#include "common/correct/guest_correction.h"

#include <gtest/gtest.h>

#include "tests/common/correct/corrected_guest.h"

namespace noonmark {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

using GuestCorrectionTest = CorrectedGuestTest;

TEST_F(GuestCorrectionTest, BringsMailToRestMovesTheClockAndBringsItBack) {
  const OperationStatus accepted = Ask(Quiesce());
  EXPECT_EQ(accepted.refusal, Refusal::kNone);
  EXPECT_EQ(accepted.phase, OperationPhase::kQuiescing);
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  EXPECT_EQ(StateOf("postfix@-.service"), ServiceState::kInactive);
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kInactive);
  EXPECT_EQ(StateOf("chrony.service"), ServiceState::kInactive);
  EXPECT_TRUE(guest->Units().Held());

  EXPECT_EQ(Ask(Correct()).phase, OperationPhase::kCorrecting);
  ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  EXPECT_EQ(StateOf("chrony.service"), ServiceState::kActive);
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kInactive);
  EXPECT_EQ(Status().fate, CorrectionFate::kMoved);
  EXPECT_EQ(Status().moved, -kAhead);

  EXPECT_EQ(Ask(Resume()).refusal, Refusal::kNone);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  const OperationStatus ended = Status();
  EXPECT_EQ(ended.outcome, OperationOutcome::kDone);
  EXPECT_EQ(ended.moved_by_others, absl::ZeroDuration());
  EXPECT_GT(ended.at_rest_for, 2 * kSecond);
  EXPECT_LT(ended.at_rest_for, 15 * kSecond);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, StartsOnlyWhatRan) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  for (const ServiceStatus& service : Status().services) {
    EXPECT_EQ(service.stopped_by_us, service.unit != "exim4.service");
  }
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kGivenUp);
  EXPECT_EQ(Status().fate, CorrectionFate::kNotMoved);
  EXPECT_EQ(guest->Offset(), kAhead);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, LeavesTheTimeDaemonAloneIfNoCorrectionIsMeant) {
  QuiesceOrder order = Quiesce();
  order.amount = absl::ZeroDuration();
  Ask(order);
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kInactive);
  EXPECT_EQ(StateOf("chrony.service"), ServiceState::kActive);
  // And then none may follow.
  EXPECT_EQ(Ask(Correct()).refusal, Refusal::kAmount);
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, ComesBackByItselfBeforeTheLeaseEnds) {
  Ask(Quiesce());
  const absl::Duration end = Status().lease_end;
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_LT(guest->Boottime(), end);
  EXPECT_EQ(Status().outcome, OperationOutcome::kLeaseEnded);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, ComesBackWithoutDom0SoonAfterTheClockWasMoved) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Correct());
  ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded, 20 * kSecond));
  EXPECT_EQ(Status().outcome, OperationOutcome::kDone);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, DoesAnOrderThatIsRepeatedOnce) {
  const QuiesceOrder quiesce = Quiesce();
  Ask(quiesce);
  EXPECT_EQ(Ask(quiesce).refusal, Refusal::kNone);
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  EXPECT_EQ(Ask(quiesce).phase, OperationPhase::kAtRest);
  const CorrectOrder correct = Correct();
  Ask(correct);
  EXPECT_EQ(Ask(correct).refusal, Refusal::kNone);
  ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
  EXPECT_EQ(Ask(correct).refusal, Refusal::kNone);
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  for (const Order& order : {Order(quiesce), Order(correct), Order(Resume())}) {
    const OperationStatus answer = Ask(order);
    EXPECT_EQ(answer.refusal, Refusal::kNone);
    EXPECT_EQ(answer.phase, OperationPhase::kEnded);
    EXPECT_EQ(answer.outcome, OperationOutcome::kDone);
  }
  EXPECT_EQ(checker.Moves(), 1u);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, DoesOneOperationAtATime) {
  Ask(Quiesce(1));
  EXPECT_EQ(Ask(Quiesce(2)).refusal, Refusal::kOtherOperation);
  CorrectOrder small = Correct(2);
  small.amount = kSecond;
  EXPECT_EQ(Ask(small).refusal, Refusal::kOtherOperation);
  // That of another does not end it.
  EXPECT_EQ(Ask(Resume(2)).phase, OperationPhase::kQuiescing);
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Resume(1));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, AnOrderWaitsUntilTheLastOperationIsPutAway) {
  GuestCorrectionConfig config;
  config.limits.rate_window_short = absl::ZeroDuration();
  Build(config, kAhead);
  Ask(Quiesce(1, 5));
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Resume(1, 5));
  // Its end is told; of its last act the result is not there yet.
  while (Status().phase != OperationPhase::kEnded) {
    Run(absl::Microseconds(10));
  }
  ASSERT_FALSE(guest->Machine()->Idle());
  std::vector<OperationStatus> answers;
  const auto hear = [&](const OperationStatus& said) {
    answers.push_back(said);
  };
  guest->Take(Quiesce(2, 5), hear);
  guest->Take(Quiesce(3, 5), hear);
  guest->Take(Quiesce(1, 5), hear);
  Run(absl::Milliseconds(20));
  ASSERT_EQ(answers.size(), 3u);
  // What is known is told at once.
  EXPECT_EQ(answers[0].operation, Operation(1));
  EXPECT_EQ(answers[0].phase, OperationPhase::kEnded);
  EXPECT_EQ(answers[1].operation, Operation(2));
  EXPECT_EQ(answers[1].refusal, Refusal::kNone);
  EXPECT_EQ(answers[1].phase, OperationPhase::kQuiescing);
  // One at a time all the same.
  EXPECT_EQ(answers[2].refusal, Refusal::kOtherOperation);
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Resume(2, 5));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, RefusesAFormerOwner) {
  Ask(Quiesce(1, 5));
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  EXPECT_EQ(Ask(Correct(1, 4)).refusal, Refusal::kEpoch);
  EXPECT_EQ(Ask(Resume(1, 4)).refusal, Refusal::kEpoch);
  // The new one inherits what rests.
  EXPECT_EQ(Ask(Quiesce(2, 6)).refusal, Refusal::kOtherOperation);
  EXPECT_EQ(Status().epoch, 6u);
  EXPECT_EQ(Ask(Correct(1, 5)).refusal, Refusal::kEpoch);
  EXPECT_EQ(Ask(Resume(1, 6)).refusal, Refusal::kNone);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, RemembersItsOwnerThroughDeathAndReboot) {
  EXPECT_EQ(Ask(Resume(9, 7)).refusal, Refusal::kNone);
  guest->KillCorrector();
  Run(5 * kSecond);
  EXPECT_EQ(Ask(Quiesce(1, 6)).refusal, Refusal::kEpoch);
  guest->Reboot();
  Run(30 * kSecond);
  EXPECT_EQ(Ask(Quiesce(1, 6)).refusal, Refusal::kEpoch);
  EXPECT_EQ(Ask(Quiesce(1, 7)).refusal, Refusal::kNone);
}

TEST_F(GuestCorrectionTest, RefusesWhatIsTooOldOrOfAnotherBoot) {
  QuiesceOrder quiesce = Quiesce();
  quiesce.valid_until = guest->Boottime() - kSecond;
  EXPECT_EQ(Ask(quiesce).refusal, Refusal::kExpired);
  quiesce.valid_until = guest->Boottime() + 6 * kSecond;
  EXPECT_EQ(Ask(quiesce).refusal, Refusal::kExpired);
  quiesce = Quiesce();
  quiesce.header.boot = BootId();
  EXPECT_EQ(Ask(quiesce).refusal, Refusal::kExpired);
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  CorrectOrder correct = Correct();
  Run(6 * kSecond);
  EXPECT_EQ(Ask(correct).refusal, Refusal::kExpired);
  // A newer one is obeyed.
  EXPECT_EQ(Ask(Correct()).refusal, Refusal::kNone);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kDone);
  ExpectPeace();
}

class SlowGuestTest : public CorrectedGuestTest {
 protected:
  // An order to correct was accepted, and nothing of it is done yet.
  void Accept() {
    Ask(Quiesce());
    ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
    bool accepted = false;
    guest->Take(Correct(), [&](const OperationStatus& said) {
      accepted = said.refusal == Refusal::kNone;
    });
    const absl::Duration end = agenda.Time() + kSecond;
    while (!accepted && agenda.Time() < end) Run(absl::Microseconds(10));
    ASSERT_TRUE(accepted);
    ASSERT_EQ(guest->Offset(), kAhead);
  }
};

TEST_F(SlowGuestTest, CarriesOutLateWhatItSeesToBeRightStill) {
  Accept();
  guest->HangCorrector(29 * kSecond);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().fate, CorrectionFate::kMoved);
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  ExpectPeace();
}

TEST_F(SlowGuestTest, CarriesNothingOutAfterHalfAMinute) {
  Accept();
  guest->HangCorrector(31 * kSecond);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kExpired);
  EXPECT_EQ(guest->Offset(), kAhead);
  ExpectPeace();
}

TEST_F(SlowGuestTest, SeesThatTheClockWasSetMeanwhile) {
  Accept();
  guest->HangCorrector(20 * kSecond);
  Run(10 * kSecond);
  guest->SetClock(-kSecond);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kClockMoved);
  EXPECT_EQ(guest->Offset(), kAhead - kSecond);
  ExpectPeace();
}

// Asleep it is BOOTTIME that goes on with REALTIME, by a clock of its own.
TEST_F(SlowGuestTest, SeesThatItWasAsleepMeanwhile) {
  Accept();
  guest->HangCorrector(5 * kSecond);
  guest->Freeze(10 * kSecond, true);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kClockMoved);
  EXPECT_EQ(guest->Offset(), kAhead);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, KeepsTheRateThroughADeath) {
  Ask(Quiesce(1));
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Resume(1));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  guest->KillCorrector();
  Run(5 * kSecond);
  EXPECT_EQ(Ask(Quiesce(2)).refusal, Refusal::kRate);
  for (uint8_t operation = 2; operation <= 3; ++operation) {
    Run(absl::Minutes(10));
    EXPECT_EQ(Ask(Quiesce(operation)).refusal, Refusal::kNone);
    ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  }
  Run(absl::Hours(20));
  EXPECT_EQ(Ask(Quiesce(4)).refusal, Refusal::kRate);
  Run(absl::Hours(4));
  EXPECT_EQ(Ask(Quiesce(4)).refusal, Refusal::kNone);
}

TEST_F(GuestCorrectionTest, ForgetsNoRateByManyOwners) {
  Ask(Quiesce(1));
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  for (uint64_t epoch = 2; epoch < 400; ++epoch) Ask(Resume(9, epoch));
  guest->KillCorrector();
  Run(5 * kSecond);
  EXPECT_EQ(Ask(Quiesce(2, 400)).refusal, Refusal::kRate);
}

TEST_F(GuestCorrectionTest, ForgetsNoUnitByManyOwners) {
  Ask(Quiesce(1));
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  for (uint64_t epoch = 2; epoch < 400; ++epoch) Ask(Quiesce(9, epoch));
  guest->KillCorrector();
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, MovesNoClockThatSomebodySetMeanwhile) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  const CorrectOrder order = Correct();
  guest->SetClock(-kAhead);
  Ask(order);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kClockMoved);
  EXPECT_EQ(Status().fate, CorrectionFate::kNotMoved);
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, TellsThatSomebodyMovedTheClockAfterwards) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Correct());
  ASSERT_TRUE(RunUntil(OperationPhase::kSettling));
  guest->SetClock(3 * kSecond);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kDisputed);
  EXPECT_EQ(Status().moved_by_others, 3 * kSecond);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, KeepsATimeDaemonFromRestoringTheOldClock) {
  guest->SetDaemonHabit(simulation::DaemonHabit::kRestores);
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Correct());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kDone);
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, WaitsOutADaemonWhoseWordToTheKernelIsWorthNothing) {
  guest->SetDaemonHabit(simulation::DaemonHabit::kMarksBlindly);
  guest->Units().Find("chrony.service")->seen.kernel_tells = false;
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Correct());
  ASSERT_TRUE(RunUntil(OperationPhase::kSettling));
  // The settling time of its profile, and not a moment less.
  const absl::Duration since = guest->Boottime();
  ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
  EXPECT_GE(guest->Boottime() - since, 5 * kSecond);
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, LetsATimeDaemonStepBeforeMailIsBack) {
  guest->SetDaemonHabit(simulation::DaemonHabit::kStepsRight);
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  // Given up, with a daemon that has a right to step again.
  Ask(Resume());
  while (StateOf("dovecot.service") == ServiceState::kInactive) {
    Run(absl::Milliseconds(20));
  }
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, HoldsWholeOrNotAtAll) {
  for (const absl::Duration hold_max : {59 * kSecond, 61 * kSecond}) {
    Build(GuestCorrectionConfig(), kAhead);
    Ask(Quiesce());
    ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
    CorrectOrder order = Correct();
    order.hold_max = hold_max;
    const absl::Duration shown = guest->Boottime() + guest->RealMinusBoot();
    Ask(order);
    ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
    Ask(Resume());
    const bool held = RunUntil(OperationPhase::kHolding, kSecond);
    EXPECT_EQ(held, hold_max > kAhead);
    while (StateOf("dovecot.service") == ServiceState::kInactive) {
      Run(absl::Milliseconds(20));
    }
    const absl::Duration realtime = guest->Boottime() + guest->RealMinusBoot();
    EXPECT_EQ(realtime >= shown, held);
    ExpectPeace();
  }
}

TEST_F(GuestCorrectionTest, DoesNotHoldBeyondTheLease) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Run(60 * kSecond);
  CorrectOrder order = Correct();
  order.hold_max = 100 * kSecond;
  Ask(order);
  ASSERT_TRUE(RunUntil(OperationPhase::kCorrected));
  Ask(Resume());
  EXPECT_FALSE(RunUntil(OperationPhase::kHolding, kSecond));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, GivesUpIfAServiceDoesNotStop) {
  const auto given_up = [this](const std::string& what, auto&& fault) {
    SCOPED_TRACE(what);
    Build(GuestCorrectionConfig(), kAhead);
    fault(*guest->Units().Find("dovecot.service"));
    Ask(Quiesce());
    ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
    EXPECT_EQ(Status().given_up, Refusal::kWouldNotStop);
    EXPECT_EQ(Status().outcome, OperationOutcome::kGivenUp);
    EXPECT_EQ(checker.Moves(), 0u);
    ExpectPeace();
  };
  given_up("fails", [](simulation::FakeUnit& unit) { unit.failing_stops = 1; });
  given_up("hangs", [](simulation::FakeUnit& unit) { unit.hangs = true; });
  given_up("leaves a process",
           [](simulation::FakeUnit& unit) { unit.leaves_process = true; });
}

TEST_F(GuestCorrectionTest, TriesAServiceThatDoesNotStartThreeTimes) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->Units().Find("dovecot.service")->failing_starts = 2;
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kGivenUp);
  ExpectPeace();

  Build(GuestCorrectionConfig(), kAhead);
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->Units().Find("dovecot.service")->failing_starts = -1;
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kResumeFailed);
  // The others are back, and the hold is over.
  EXPECT_EQ(StateOf("postfix@-.service"), ServiceState::kActive);
  EXPECT_FALSE(guest->Units().Held());
}

TEST_F(GuestCorrectionTest, StopsNothingIfTheIntentIsNotDurable) {
  for (const auto fault :
       {simulation::DiskFault::kNoSpace, simulation::DiskFault::kInputOutput,
        simulation::DiskFault::kShort, simulation::DiskFault::kSyncFails}) {
    Build(GuestCorrectionConfig(), kAhead);
    Ask(Resume(9));  // the owner is known
    guest->Disk().FailAt(guest->Disk().Writes() + 1, fault, true);
    Ask(Quiesce());
    Run(30 * kSecond);
    EXPECT_EQ(Status().given_up, Refusal::kJournal);
    EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
    EXPECT_EQ(Ask(Quiesce(2)).refusal, Refusal::kJournal);
    guest->Heal();
    ExpectPeace();
  }
}

TEST_F(GuestCorrectionTest, GivesUpIfAHookFails) {
  GuestCorrectionConfig config;
  config.has_hooks = true;
  Build(config, kAhead);
  guest->Faults().quiesce_hook = simulation::ActFault::kFails;
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kHook);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, EndsNothingBeforeTheHoldHasEnded) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->Faults().hold_end = simulation::ActFault::kFails;
  const absl::Duration lease_end = Status().lease_end;
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  // noonmark-resume did it, as the lease was over.
  EXPECT_GE(guest->Boottime(), lease_end);
  EXPECT_LT(guest->Boottime(), lease_end + 20 * kSecond);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, WaitsForASystemdThatCannotBeReached) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  // For longer than a service that does not start is tried.
  guest->LoseSystemd(60 * kSecond);
  Ask(Resume());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().outcome, OperationOutcome::kGivenUp);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, AHookThatHangsAbortsBeforeAnythingStops) {
  GuestCorrectionConfig config;
  config.has_hooks = true;
  Build(config, kAhead);
  guest->Faults().quiesce_hook = simulation::ActFault::kHangs;
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().given_up, Refusal::kHook);
  EXPECT_EQ(checker.Moves(), 0u);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, RefusesWhatItsConfigurationForbids) {
  GuestCorrectionConfig config;
  config.may_stop_time_daemon = false;
  Build(config, kAhead);
  Ask(Quiesce());
  Run(kSecond);
  EXPECT_EQ(Status().given_up, Refusal::kTimeDaemon);
  config.may_correct = false;
  Build(config, kAhead);
  EXPECT_EQ(Ask(Quiesce()).refusal, Refusal::kUnconfigured);
  EXPECT_EQ(Ask(Correct()).refusal, Refusal::kUnconfigured);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, StepsForwardALittleWhileMailRuns) {
  Build(GuestCorrectionConfig(), -100 * kSecond);
  Ask(Correct());
  bool down = false;
  while (Status().phase != OperationPhase::kEnded) {
    Run(absl::Milliseconds(20));
    down = down || StateOf("dovecot.service") != ServiceState::kActive;
  }
  EXPECT_FALSE(down);
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  EXPECT_EQ(Status().outcome, OperationOutcome::kDone);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, SlewsWithTheTimeDaemonAtRest) {
  Build(GuestCorrectionConfig(), absl::Milliseconds(100));
  CorrectOrder order = Correct();
  order.method = CorrectionMethod::kSlew;
  Ask(order);
  Run(60 * kSecond);
  EXPECT_EQ(Status().phase, OperationPhase::kCorrecting);
  EXPECT_EQ(StateOf("chrony.service"), ServiceState::kInactive);
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(guest->Offset(), absl::ZeroDuration());
  EXPECT_EQ(Status().outcome, OperationOutcome::kDone);
  EXPECT_EQ(Status().moved, -absl::Milliseconds(100));
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, DoesNotStopATimeDaemonBeyondTheLeasesCap) {
  Build(GuestCorrectionConfig(), absl::Milliseconds(400));
  CorrectOrder order = Correct();
  order.method = CorrectionMethod::kSlew;
  Ask(order);
  Run(kSecond);
  EXPECT_EQ(Status().given_up, Refusal::kTimeDaemon);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, WantsRestForWhatMailDoesNotBear) {
  EXPECT_EQ(Ask(Correct()).refusal, Refusal::kNotAtRest);
  Ask(Quiesce());
  EXPECT_EQ(Ask(Correct()).refusal, Refusal::kNotAtRest);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  ExpectPeace();
}

// --- deaths ---

TEST_F(GuestCorrectionTest, BringsMailBackAfterItsDeath) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->KillCorrector();
  Run(10 * kSecond);
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
  ASSERT_TRUE(RunUntil(OperationPhase::kEnded));
  EXPECT_EQ(Status().fate, CorrectionFate::kNotMoved);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, TellsAfterItsDeathWhetherTheClockWasMoved) {
  // At every point from the order on.
  for (uint64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    Build(GuestCorrectionConfig(), kAhead);
    Ask(Quiesce());
    ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
    const uint64_t at = kills.Passed() + point;
    kills.KillAt(at);
    Ask(Correct());
    Run(60 * kSecond);
    const OperationStatus status = Status();
    EXPECT_EQ(status.phase, OperationPhase::kEnded);
    EXPECT_EQ(status.fate == CorrectionFate::kMoved,
              guest->Offset() == absl::ZeroDuration());
    EXPECT_NE(status.fate, CorrectionFate::kUnknown);
    ExpectPeace();
    if (kills.Passed() < at) break;
  }
}

TEST_F(GuestCorrectionTest, DoesNotKnowAfterAReboot) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  Ask(Correct());
  while (checker.Moves() == 0) Run(absl::Microseconds(10));
  guest->Reboot();
  Run(30 * kSecond);
  EXPECT_EQ(Status().phase, OperationPhase::kEnded);
  EXPECT_EQ(Status().fate, CorrectionFate::kUnknown);
  ExpectPeace();
}

TEST_F(GuestCorrectionTest, LeavesItsWorkToTheTimerIfItDiesForGood) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->KillCorrector(/*for_good=*/true);
  Run(absl::Minutes(5));
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
  EXPECT_EQ(checker.Breaches(), std::vector<std::string>());
}

TEST_F(GuestCorrectionTest, DoesNoHarmIfItHangsBeyondTheLease) {
  Ask(Quiesce());
  ASSERT_TRUE(RunUntil(OperationPhase::kAtRest));
  guest->HangCorrector(absl::Minutes(4));
  Run(absl::Minutes(3));
  EXPECT_EQ(StateOf("dovecot.service"), ServiceState::kActive);
  Run(absl::Minutes(2));
  EXPECT_EQ(Status().outcome, OperationOutcome::kLeaseEnded);
  ExpectPeace();
}

}  // namespace
}  // namespace noonmark
