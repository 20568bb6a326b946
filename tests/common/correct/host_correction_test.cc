#include "common/correct/host_correction.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace noonmark {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kMs = absl::Milliseconds(1);
const OperationId kOperation = {{1}};
const OperationId kOther = {{2}};
const BootId kBoot = {{7}};
const BootId kNextBoot = {{8}};
// The guest's BOOTTIME is dom0's MONOTONIC less this.
constexpr absl::Duration kAge = absl::Seconds(1000);

// A dom0's operation whose guest, slots and journal are the test's.
class HostCorrectionTest : public ::testing::Test {
 protected:
  HostCorrectionTest() {
    plan.operation = kOperation;
    plan.epoch = 3;
    plan.offset = Interval::Exactly(60 * kSecond);
    Begin();
  }
  void Begin() {
    host.emplace(plan, CorrectionLimits(), BootId());
    acts.clear();
    Do(host->TakeHost(true, false, now));
  }

  void Do(HostCorrection::Acts more) {
    for (HostAct& act : more) {
      if (const auto* tick = std::get_if<TickAt>(&act)) tick_at = tick->moment;
      acts.push_back(std::move(act));
    }
  }
  // All acts since, without the ticks.
  template <typename Act>
  std::vector<Act> Taken() {
    std::vector<Act> found;
    for (const HostAct& act : acts) {
      if (const auto* one = std::get_if<Act>(&act)) found.push_back(*one);
    }
    return found;
  }
  template <typename O>
  std::optional<O> Sent() {
    std::optional<O> last;
    for (const SendOrder& send : Taken<SendOrder>()) {
      if (const auto* order = std::get_if<O>(&send.order)) last = *order;
    }
    return last;
  }

  void Written(bool durable = true) {
    Do(host->Take(RecordsAnswer{durable}, now));
  }
  void Measured(absl::Duration offset, absl::Duration bound = 10 * kMs) {
    HostMeasurement measured;
    measured.offset = Interval::Exactly(offset).WidenedBy(bound);
    measured.asked = now;
    measured.guest_boottime = now.Reading() - kAge;
    measured.guest_real_minus_boot = 77 * kSecond;
    measured.guest_boot = kBoot;
    Do(host->Take(measured, now));
  }
  OperationStatus Status(OperationPhase phase) const {
    OperationStatus status;
    status.operation = kOperation;
    status.boot = kBoot;
    status.boottime = now.Reading() - kAge;
    status.phase = phase;
    return status;
  }
  void Told(const OperationStatus& status) {
    Do(host->Take(OrderAnswer{status}, now));
  }
  void Told(OperationPhase phase, CorrectionFate fate = {},
            OperationOutcome outcome = {}) {
    OperationStatus status = Status(phase);
    status.fate = fate;
    status.outcome = outcome;
    Told(status);
  }
  void Pass(absl::Duration time) {
    const MonotonicTime end = now + time;
    while (tick_at <= end && !host->Over()) {
      now = std::max(now, tick_at);
      tick_at = MonotonicTime::FromReading(absl::InfiniteDuration());
      Do(host->Tick(now));
    }
    now = end;
  }

  void ToQuiesceSent() {
    Do(host->Begin(now));
    Written();
    Do(host->Take(SlotAnswer{true, ""}, now));
    Measured(60 * kSecond);
    Written();
    ASSERT_EQ(Phase(), HostPhase::kQuiesceSent);
  }
  void ToCorrectSent() {
    ToQuiesceSent();
    now += kSecond;
    Told(OperationPhase::kAtRest);
    Measured(61 * kSecond);
    Written();
    ASSERT_EQ(Phase(), HostPhase::kCorrectSent);
  }
  void ToResumeSent(absl::Duration offset_after = {}) {
    ToCorrectSent();
    now += kSecond;
    Told(OperationPhase::kCorrected, CorrectionFate::kMoved);
    Measured(offset_after);
    ASSERT_EQ(Phase(), HostPhase::kResumeSent);
  }
  void ToEnd(OperationOutcome outcome = OperationOutcome::kDone) {
    now += kSecond;
    Told(OperationPhase::kEnded, CorrectionFate::kMoved, outcome);
    Written();
    ASSERT_TRUE(host->Over());
  }
  HostPhase Phase() const { return host->Progress().phase; }

  HostPlan plan;
  MonotonicTime now = MonotonicTime::FromReading(absl::Hours(9));
  MonotonicTime tick_at;
  std::optional<HostCorrection> host;
  HostCorrection::Acts acts;
};

TEST_F(HostCorrectionTest, GoesFromPlanToVerifiedAndBack) {
  ToQuiesceSent();
  const QuiesceOrder quiesce = *Sent<QuiesceOrder>();
  EXPECT_EQ(quiesce.header.epoch, 3u);
  EXPECT_EQ(quiesce.header.boot, kBoot);
  EXPECT_EQ(quiesce.amount, -60 * kSecond);
  EXPECT_EQ(quiesce.valid_until, now.Reading() - kAge + 5 * kSecond);
  now += kSecond;
  Told(OperationPhase::kAtRest);
  EXPECT_EQ(Phase(), HostPhase::kQuiesced);
  // By what is measured now.
  Measured(61 * kSecond);
  EXPECT_FALSE(Sent<CorrectOrder>().has_value());
  Written();
  const CorrectOrder correct = *Sent<CorrectOrder>();
  EXPECT_EQ(correct.amount, -61 * kSecond);
  EXPECT_EQ(correct.real_minus_boot, 77 * kSecond);
  now += kSecond;
  Told(OperationPhase::kCorrected, CorrectionFate::kMoved);
  EXPECT_FALSE(Sent<ResumeOrder>().has_value());
  Measured(5 * kMs);
  EXPECT_TRUE(Sent<ResumeOrder>().has_value());
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  ToEnd();
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
  const HostProgress& end = host->Progress();
  EXPECT_EQ(end.result, HostResult::kCorrected);
  EXPECT_EQ(end.reason, HostReason::kNone);
  EXPECT_FALSE(end.held);
  EXPECT_EQ(end.offset_before.Middle(), 61 * kSecond);
  EXPECT_EQ(end.offset_after, Interval::Exactly(5 * kMs).WidenedBy(10 * kMs));
}

TEST_F(HostCorrectionTest, TakesNoSlotBeforeItIsWrittenDown) {
  Do(host->Begin(now));
  EXPECT_TRUE(Taken<TakeSlot>().empty());
  Written(false);
  EXPECT_TRUE(Taken<TakeSlot>().empty());
  Written();
  EXPECT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kJournal);
}

TEST_F(HostCorrectionTest, SendsNoOrderThatIsNotDurable) {
  ToQuiesceSent();
  Told(OperationPhase::kAtRest);
  Measured(60 * kSecond);
  Written(false);
  EXPECT_FALSE(Sent<CorrectOrder>().has_value());
  EXPECT_EQ(Phase(), HostPhase::kAborting);
  EXPECT_TRUE(Sent<ResumeOrder>().has_value());
}

TEST_F(HostCorrectionTest, SendsNothingThatWasMeasuredTooLongAgo) {
  Do(host->Begin(now));
  Written();
  Do(host->Take(SlotAnswer{true, ""}, now));
  Measured(60 * kSecond);
  now += 6 * kSecond;  // a slow disk
  Written();
  EXPECT_FALSE(Sent<QuiesceOrder>().has_value());
}

TEST_F(HostCorrectionTest, IsRefusedASlot) {
  Do(host->Begin(now));
  Written();
  Do(host->Take(SlotAnswer{false, "mail-2 rests"}, now));
  Written();
  EXPECT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kNoSlot);
  EXPECT_TRUE(Taken<SendOrder>().empty());
}

TEST_F(HostCorrectionTest, DoesNothingOnAnUnprovenHost) {
  Do(host->TakeHost(false, false, now));
  Do(host->Begin(now));
  EXPECT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kHostUnproven);
}

TEST_F(HostCorrectionTest, AbortsWhenTheHostsClockIsSet) {
  ToQuiesceSent();
  Told(OperationPhase::kAtRest);
  Do(host->TakeHost(true, true, now));
  EXPECT_EQ(Phase(), HostPhase::kAborting);
  Measured(60 * kSecond);
  Written();
  EXPECT_FALSE(Sent<CorrectOrder>().has_value());
  EXPECT_TRUE(Sent<ResumeOrder>().has_value());
}

TEST_F(HostCorrectionTest, DoesNotSendAnOrderAgainThatTheHostsClockBelies) {
  ToCorrectSent();
  Do(host->TakeHost(false, true, now));
  acts.clear();
  Pass(3 * kSecond);
  EXPECT_FALSE(Sent<CorrectOrder>().has_value());
}

TEST_F(HostCorrectionTest, CallsNothingCorrectedThatAnUnprovenHostMeasured) {
  ToCorrectSent();
  now += kSecond;
  Told(OperationPhase::kCorrected, CorrectionFate::kMoved);
  Do(host->TakeHost(false, false, now));
  Measured({});
  now += kSecond;
  Told(OperationPhase::kEnded, CorrectionFate::kMoved, OperationOutcome::kDone);
  Measured({});  // and it is not proven yet
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().result, HostResult::kUnclear);
  EXPECT_EQ(host->Progress().reason, HostReason::kUnverified);
  EXPECT_TRUE(host->Progress().held);
}

TEST_F(HostCorrectionTest, RepeatsAnOrderUntilItIsAnsweredOrTooOld) {
  ToQuiesceSent();
  acts.clear();
  Pass(kSecond);
  EXPECT_GE(Taken<SendOrder>().size(), 3u);
  EXPECT_TRUE(Sent<QuiesceOrder>().has_value());
  Pass(4 * kSecond);
  acts.clear();
  Pass(absl::Minutes(1));
  EXPECT_FALSE(Sent<QuiesceOrder>().has_value());
  EXPECT_EQ(Phase(), HostPhase::kAborting);
}

TEST_F(HostCorrectionTest, KeepsTheSlotOfASilentGuestUntilItsLeaseIsOver) {
  ToCorrectSent();
  Pass(120 * kSecond);
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  Pass(60 * kSecond);
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
  // Nobody knows what it did.
  Pass(10 * kSecond);
  Written();
  EXPECT_EQ(host->Progress().result, HostResult::kUnclear);
  EXPECT_EQ(host->Progress().reason, HostReason::kFateUnknown);
  EXPECT_TRUE(host->Progress().held);
}

TEST_F(HostCorrectionTest, CountsNoTimeInWhichTheGuestStoodStill) {
  ToCorrectSent();
  Do(host->Take(DomainLife::kPaused, now));
  Pass(absl::Hours(1));
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  Do(host->Take(DomainLife::kRuns, now));
  Pass(120 * kSecond);
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  Pass(60 * kSecond);
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
}

TEST_F(HostCorrectionTest, KeepsTheSlotWhileTheOrderMayStillBeAccepted) {
  ToQuiesceSent();
  Do(host->Cancel(now));
  // The resumption came first, and the guest knows of nothing.
  OperationStatus status = Status(OperationPhase::kNone);
  status.operation = OperationId();
  now += kSecond;
  status.boottime += kSecond;
  Told(status);
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  now += 5 * kSecond;
  status.boottime += 5 * kSecond;
  Told(status);
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
}

TEST_F(HostCorrectionTest, HeedsNoAnswerThatIsOlderThanAnother) {
  ToQuiesceSent();
  OperationStatus late = Status(OperationPhase::kNone);
  late.operation = OperationId();
  late.refusal = Refusal::kRate;
  now += kSecond;
  Told(OperationPhase::kQuiescing);
  Told(late);
  EXPECT_EQ(Phase(), HostPhase::kQuiesceSent);
}

TEST_F(HostCorrectionTest, GivesUpWhatTheGuestRefuses) {
  ToQuiesceSent();
  OperationStatus refused = Status(OperationPhase::kEnded);
  refused.operation = kOther;
  refused.refusal = Refusal::kRate;
  Told(refused);
  EXPECT_EQ(Phase(), HostPhase::kAborting);
  now += 6 * kSecond;
  refused.boottime += 6 * kSecond;
  refused.refusal = Refusal::kNone;
  Told(refused);
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kRefused);
  EXPECT_EQ(host->Progress().refusal, Refusal::kRate);
  EXPECT_EQ(host->Progress().result, HostResult::kNotCorrected);
}

TEST_F(HostCorrectionTest, HoldsAGuestWhoseServiceDoesNotStop) {
  ToQuiesceSent();
  OperationStatus given_up = Status(OperationPhase::kEnded);
  given_up.outcome = OperationOutcome::kGivenUp;
  given_up.given_up = Refusal::kWouldNotStop;
  Told(given_up);
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_TRUE(host->Progress().held);
  EXPECT_EQ(host->Progress().refusal, Refusal::kWouldNotStop);
}

TEST_F(HostCorrectionTest, ListensToTheNewOwnerAndOrdersNothingMore) {
  ToQuiesceSent();
  OperationStatus deposed = Status(OperationPhase::kEnded);
  deposed.operation = kOther;
  deposed.epoch = 4;
  deposed.refusal = Refusal::kEpoch;
  Told(deposed);
  acts.clear();
  Pass(3 * kSecond);
  EXPECT_FALSE(Sent<ResumeOrder>().has_value());
  EXPECT_FALSE(Sent<QuiesceOrder>().has_value());
  EXPECT_TRUE(Sent<StatusOrder>().has_value());
}

TEST_F(HostCorrectionTest, TriesOnceMoreWhatVerifiablyDidNotHappen) {
  ToCorrectSent();
  for (int i = 0; i < 2; ++i) {
    now += 6 * kSecond;
    OperationStatus late = Status(OperationPhase::kAtRest);
    late.refusal = Refusal::kExpired;
    Told(late);
    if (i == 1) break;
    ASSERT_EQ(Phase(), HostPhase::kQuiesced);
    acts.clear();
    Measured(60 * kSecond);
    Written();
    EXPECT_EQ(Sent<CorrectOrder>()->amount, -60 * kSecond);
  }
  EXPECT_EQ(Phase(), HostPhase::kAborting);
}

TEST_F(HostCorrectionTest, CorrectsNothingElseThanWasPlanned) {
  for (const absl::Duration offset :
       {-60 * kSecond, 63 * kSecond, absl::ZeroDuration()}) {
    Begin();
    ToQuiesceSent();
    Told(OperationPhase::kAtRest);
    Measured(offset);
    EXPECT_EQ(Phase(), HostPhase::kAborting);
    EXPECT_EQ(host->Progress().reason, HostReason::kOffsetChanged);
    EXPECT_FALSE(Sent<CorrectOrder>().has_value());
  }
}

TEST_F(HostCorrectionTest, CorrectsNothingThatIsMeasuredBadly) {
  ToQuiesceSent();
  Told(OperationPhase::kAtRest);
  Measured(60 * kSecond, 251 * kMs);
  EXPECT_EQ(host->Progress().reason, HostReason::kNotMeasured);
  EXPECT_EQ(Phase(), HostPhase::kAborting);
}

TEST_F(HostCorrectionTest, HoldsAGuestThatIsNotRightAfterwards) {
  ToResumeSent(495 * kMs);
  ToEnd();
  EXPECT_EQ(host->Progress().reason, HostReason::kOffTarget);
  EXPECT_TRUE(host->Progress().held);
  Begin();
  ToResumeSent(490 * kMs);
  ToEnd();
  EXPECT_EQ(host->Progress().result, HostResult::kCorrected);
}

TEST_F(HostCorrectionTest, HoldsAGuestWhoseClockSomebodyMovedAfterUs) {
  ToResumeSent();
  ToEnd(OperationOutcome::kDisputed);
  EXPECT_EQ(host->Progress().reason, HostReason::kDisputed);
  EXPECT_TRUE(host->Progress().held);
}

TEST_F(HostCorrectionTest, HoldsAGuestWhoseServiceDoesNotComeBack) {
  ToResumeSent();
  ToEnd(OperationOutcome::kResumeFailed);
  EXPECT_EQ(host->Progress().reason, HostReason::kResumeFailed);
  EXPECT_TRUE(host->Progress().held);
}

TEST_F(HostCorrectionTest, VoidsAnOperationWhoseGuestBooted) {
  ToQuiesceSent();
  OperationStatus booted = Status(OperationPhase::kEnded);
  booted.boot = kNextBoot;
  booted.boottime = kSecond;
  Told(booted);
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kRebooted);
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
}

TEST_F(HostCorrectionTest, TakesNoLateAnswerOfAnEarlierBootForANewOne) {
  ToQuiesceSent();
  OperationStatus late = Status(OperationPhase::kEnded);
  late.boot = kNextBoot;
  late.boottime = absl::Hours(1);
  Told(late);
  EXPECT_FALSE(host->Over());
  EXPECT_EQ(Phase(), HostPhase::kQuiesceSent);
  EXPECT_TRUE(Taken<FreeSlot>().empty());
}

TEST_F(HostCorrectionTest, LeavesAGuestThatMigratedToItsNewHost) {
  ToQuiesceSent();
  Do(host->Take(DomainLife::kMigratedAway, now));
  acts.clear();
  Pass(120 * kSecond);
  EXPECT_TRUE(Taken<SendOrder>().empty());
  EXPECT_TRUE(Taken<FreeSlot>().empty());
  Pass(60 * kSecond);
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
}

TEST_F(HostCorrectionTest, BringsToRestAndBackWithoutACorrection) {
  plan.corrects = false;
  Begin();
  ToQuiesceSent();
  EXPECT_EQ(Sent<QuiesceOrder>()->amount, absl::ZeroDuration());
  Told(OperationPhase::kAtRest);
  Pass(10 * kSecond);
  EXPECT_EQ(Phase(), HostPhase::kQuiesced);
  Do(host->Cancel(now));
  EXPECT_TRUE(Sent<ResumeOrder>().has_value());
  now += kSecond;
  Told(OperationPhase::kEnded, CorrectionFate::kNotMoved,
       OperationOutcome::kGivenUp);
  Written();
  EXPECT_TRUE(host->Over());
  EXPECT_FALSE(host->Progress().held);
}

TEST_F(HostCorrectionTest, NeedsNoSlotForWhatMailBears) {
  plan.quiesces = false;
  plan.offset = Interval::Exactly(-30 * kSecond);
  Begin();
  Do(host->Begin(now));
  Written();
  EXPECT_TRUE(Taken<TakeSlot>().empty());
  Measured(-30 * kSecond);
  Written();
  EXPECT_EQ(Sent<CorrectOrder>()->amount, 30 * kSecond);
  now += kSecond;
  Told(OperationPhase::kEnded, CorrectionFate::kMoved, OperationOutcome::kDone);
  Measured({});
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().result, HostResult::kCorrected);
  EXPECT_TRUE(Taken<FreeSlot>().empty());
}

TEST_F(HostCorrectionTest, NeverMovesBackUnderMail) {
  plan.quiesces = false;
  Begin();
  Do(host->Begin(now));
  Written();
  Measured(60 * kSecond);
  EXPECT_EQ(host->Progress().reason, HostReason::kOffsetChanged);
  EXPECT_TRUE(Taken<SendOrder>().empty());
}

// --- its death ---

class RestartedHostTest : public HostCorrectionTest {
 protected:
  // What the acts so far have written.
  std::vector<JournalRecord> Journal() {
    std::vector<JournalRecord> records;
    for (const WriteHostRecords& write : Taken<WriteHostRecords>()) {
      records.insert(records.end(), write.records.begin(), write.records.end());
    }
    return records;
  }
  void Restart() {
    const std::vector<JournalRecord> journal = Journal();
    ASSERT_EQ(OpenOperations(journal), std::vector<OperationId>{kOperation});
    host = HostCorrection::FromJournal(journal, kOperation, CorrectionLimits(),
                                       BootId());
    acts.clear();
    Do(host->TakeHost(true, false, now));
    Do(host->Begin(now));
  }
};

TEST_F(RestartedHostTest, FreesTheSlotOfAnOperationThatOrderedNothing) {
  Do(host->Begin(now));
  Written();
  Do(host->Take(SlotAnswer{true, ""}, now));
  Restart();
  EXPECT_EQ(Taken<FreeSlot>().size(), 1u);
  EXPECT_TRUE(Taken<SendOrder>().empty());
  Written();
  EXPECT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().reason, HostReason::kRestarted);
}

TEST_F(RestartedHostTest, ResumesAndNeverCorrects) {
  ToCorrectSent();
  Restart();
  EXPECT_TRUE(Sent<ResumeOrder>().has_value());
  EXPECT_EQ(Sent<ResumeOrder>()->header.epoch, 3u);
  Pass(20 * kSecond);
  EXPECT_FALSE(Sent<CorrectOrder>().has_value());
  EXPECT_FALSE(Sent<QuiesceOrder>().has_value());
  EXPECT_TRUE(Taken<FreeSlot>().empty());
}

TEST_F(RestartedHostTest, TellsWhatTheGuestTells) {
  ToCorrectSent();
  Restart();
  now += kSecond;
  Told(OperationPhase::kEnded, CorrectionFate::kMoved, OperationOutcome::kDone);
  Measured({});
  Written();
  ASSERT_TRUE(host->Over());
  EXPECT_EQ(host->Progress().result, HostResult::kCorrected);
  EXPECT_EQ(host->Progress().reason, HostReason::kRestarted);
  EXPECT_EQ(host->Progress().offset_before.Middle(), 60 * kSecond);
}

TEST_F(RestartedHostTest, HasNothingOpenAfterTheEnd) {
  ToResumeSent();
  ToEnd();
  EXPECT_TRUE(OpenOperations(Journal()).empty());
}

}  // namespace
}  // namespace noonmark
