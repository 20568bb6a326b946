#include "common/correct/lease_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const OperationId kOperation = {{1}};
const OperationId kOther = {{2}};
const BootId kBoot = {{7}};
const BootId kNextBoot = {{8}};

JournalRecord RecordOf(RecordBody body, OperationId operation = kOperation) {
  JournalRecord record;
  record.operation = operation;
  record.boot = kBoot;
  record.boottime = absl::Seconds(100);
  record.body = std::move(body);
  return record;
}

// Mail was stopped at 100 s under a lease to 220 s.
class LeaseKeeperTest : public ::testing::Test {
 protected:
  KeeperDecision At(int seconds, bool corrector_ended = false,
                    BootId boot = kBoot) const {
    return DecideLease(journal, marks, boot, absl::Seconds(seconds),
                       corrector_ended);
  }
  void Mark(uint8_t attempt, uint8_t failed, int seconds) {
    marks.push_back(RecordOf(BroughtBackRecord{attempt, failed}));
    marks.back().boottime = absl::Seconds(seconds);
  }

  std::vector<JournalRecord> journal = {
      RecordOf(UnitRecord{"postfix@-.service", "postfix",
                          ServiceRole::kMailTransfer, false}),
      RecordOf(UnitRecord{"dovecot.service", "dovecot", ServiceRole::kMailStore,
                          false}),
      RecordOf(UnitRecord{"systemd-timesyncd.service", "timesyncd",
                          ServiceRole::kTimeDaemon, true}),
      RecordOf(IntentRecord{absl::Seconds(220), -absl::Seconds(60), true, 3})};
  std::vector<JournalRecord> marks;
};

TEST_F(LeaseKeeperTest, WaitsForTheEndOfTheLease) {
  EXPECT_EQ(At(100).deed, KeeperDeed::kWait);
  EXPECT_EQ(At(219).deed, KeeperDeed::kWait);
  EXPECT_EQ(At(220).deed, KeeperDeed::kBringBack);
}

TEST_F(LeaseKeeperTest, BringsBackInTheOrderOfTheReturn) {
  const KeeperDecision decision = At(220);
  EXPECT_THAT(decision.units,
              ElementsAre("systemd-timesyncd.service", "dovecot.service",
                          "postfix@-.service"));
  EXPECT_EQ(decision.mark.operation, kOperation);
  EXPECT_EQ(decision.mark.boottime, absl::Seconds(220));
  EXPECT_EQ(std::get<BroughtBackRecord>(decision.mark.body).attempt, 1);
}

TEST_F(LeaseKeeperTest, ActsBeforeTheStartIfTheClockMayHaveBeenMoved) {
  EXPECT_THAT(At(220).before_start, IsEmpty());
  journal.push_back(RecordOf(MoveIntentRecord()));
  EXPECT_THAT(At(220).before_start, ElementsAre("timesyncd"));
  journal.push_back(RecordOf(MovedRecord{CorrectionFate::kNotMoved, {}}));
  EXPECT_THAT(At(220).before_start, IsEmpty());
  journal.back().body = MovedRecord{CorrectionFate::kMoved, {}};
  EXPECT_THAT(At(220).before_start, ElementsAre("timesyncd"));
}

TEST_F(LeaseKeeperTest, DoesNotWaitIfTheCorrectorHasEnded) {
  EXPECT_EQ(At(101, true).deed, KeeperDeed::kBringBack);
}

TEST_F(LeaseKeeperTest, DoesNotWaitInAnotherBoot) {
  EXPECT_EQ(At(1, false, kNextBoot).deed, KeeperDeed::kBringBack);
  EXPECT_EQ(At(1, false, kNextBoot).mark.boot, kNextBoot);
}

TEST_F(LeaseKeeperTest, HasNothingToDoWithoutAnOpenIntent) {
  journal.push_back(RecordOf(EndedRecord()));
  EXPECT_EQ(At(300, true).deed, KeeperDeed::kOver);
  journal = {RecordOf(EpochRecord())};
  EXPECT_EQ(At(300, true).deed, KeeperDeed::kOver);
  // It moves the clock and stops nothing.
  journal = {RecordOf(MoveIntentRecord())};
  EXPECT_EQ(At(300, true).deed, KeeperDeed::kOver);
  journal = {};
  EXPECT_EQ(At(300, true).deed, KeeperDeed::kOver);
}

TEST_F(LeaseKeeperTest, GoesByTheLastOperation) {
  journal.push_back(RecordOf(EndedRecord()));
  journal.push_back(RecordOf(
      UnitRecord{"exim4.service", "exim", ServiceRole::kMailTransfer, false},
      kOther));
  journal.push_back(
      RecordOf(IntentRecord{absl::Seconds(500), {}, true, 1}, kOther));
  EXPECT_EQ(At(499).deed, KeeperDeed::kWait);
  EXPECT_THAT(At(500).units, ElementsAre("exim4.service"));
}

TEST_F(LeaseKeeperTest, DoesItOnce) {
  Mark(1, 0, 220);
  // Whatever a person stops from now on stays stopped.
  EXPECT_EQ(At(221).deed, KeeperDeed::kOver);
  EXPECT_EQ(At(221, true).deed, KeeperDeed::kOver);
  EXPECT_EQ(At(1, false, kNextBoot).deed, KeeperDeed::kOver);
}

TEST_F(LeaseKeeperTest, IsNotMisledByMarksOfOtherOperations) {
  Mark(1, 0, 50);
  marks.back().operation = kOther;
  EXPECT_EQ(At(220).deed, KeeperDeed::kBringBack);
}

TEST_F(LeaseKeeperTest, TriesThreeTimes) {
  Mark(1, 1, 220);
  EXPECT_EQ(At(224).deed, KeeperDeed::kWait);
  EXPECT_EQ(At(225).deed, KeeperDeed::kBringBack);
  EXPECT_EQ(std::get<BroughtBackRecord>(At(225).mark.body).attempt, 2);
  Mark(2, 1, 225);
  EXPECT_EQ(At(239).deed, KeeperDeed::kWait);
  EXPECT_EQ(At(240).deed, KeeperDeed::kBringBack);
  Mark(3, 1, 240);
  EXPECT_EQ(At(10'000).deed, KeeperDeed::kOver);
}

}  // namespace
}  // namespace noonmark
