#include "common/detect/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::WatchedGuest;

class MigrationTest : public ::testing::Test {
 protected:
  MigrationTest() { w_.Polls(3); }

  void Tell(LifeEvent event) { w_.guest.OnLifecycle(event, w_.Now()); }
  void Describe(uint32_t incarnation, uint32_t khz) {
    w_.guest.OnTsc({incarnation, khz}, w_.Now());
  }
  void Move(absl::Duration downtime) {
    Tell(LifeEvent::kLeaving);
    w_.guest.OnPaused(w_.Now());
    w_.pair.guest.StandStill(w_.pair.now, downtime);
    w_.Pass(downtime);
    Tell(LifeEvent::kArrived);
  }
  std::string Text() {
    std::string text;
    for (const EvidenceLine& line :
         EvidenceOf(w_.Get(FindingCode::kMigrated), absl::UnixEpoch())) {
      absl::StrAppend(&text, line.label, ": ", line.text, "\n");
    }
    return text;
  }

  WatchedGuest w_;
};

TEST_F(MigrationTest, TellsOfAMoveAtOnceAndOfTheOffsetWhenItIsMeasured) {
  Move(absl::Milliseconds(300));
  EXPECT_THAT(w_.Codes(), ElementsAre("(migrated)"));
  EXPECT_THAT(Text(), HasSubstr("offset after: not measured\n"));
  w_.Polls(2);
  const Finding moved = w_.Get(FindingCode::kMigrated);
  EXPECT_EQ(moved.severity, Severity::kInfo);
  ASSERT_TRUE(moved.size.has_value());
  EXPECT_TRUE(moved.size->Contains(-absl::Milliseconds(300)));
  EXPECT_TRUE(moved.before->ContainsZero());
  EXPECT_TRUE(moved.after->Contains(-absl::Milliseconds(300)));
  EXPECT_THAT(Text(),
              HasSubstr("downtime: libvirt moved it, which stopped it for 0.3 "
                        "s\n"));
  EXPECT_EQ(moved.occurrences, 1u);
}

TEST_F(MigrationTest, NamesWhatTheClockLostByItsOwnName) {
  Move(absl::Seconds(6));
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still", "(migrated)"));
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(MigrationTest, FindsNoChangeWhereTheClockWentOn) {
  Tell(LifeEvent::kLeaving);
  w_.Pass(absl::Seconds(2));
  Tell(LifeEvent::kArrived);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(migrated)"));
  EXPECT_TRUE(w_.Get(FindingCode::kMigrated).size->ContainsZero());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

TEST_F(MigrationTest, TellsTheRateBeforeAndAfter) {
  w_.pair.guest.SetRate(w_.pair.now, 10'000);
  w_.Polls(60);
  Move(absl::Milliseconds(100));
  w_.pair.guest.SetRate(w_.pair.now, 50'000);
  EXPECT_FALSE(w_.guest.rate().has_value());
  w_.Polls(2);
  EXPECT_THAT(Text(), HasSubstr("rate after: not measured for long enough"));
  w_.Polls(40);
  const Finding moved = w_.Get(FindingCode::kMigrated);
  EXPECT_LE(moved.move->rate_before->lo_ppm, 10);
  EXPECT_GE(moved.move->rate_before->hi_ppm, 10);
  EXPECT_LE(moved.move->rate_after->lo_ppm, 50);
  EXPECT_GE(moved.move->rate_after->hi_ppm, 50);
  EXPECT_EQ(moved.occurrences, 1u);
}

TEST_F(MigrationTest, BlamesNoRateOfTheLastHostOnThis) {
  w_.pair.guest.SetRate(w_.pair.now, 180'000);
  w_.Polls(30);
  Tell(LifeEvent::kLeaving);
  Tell(LifeEvent::kArrived);
  w_.pair.guest.SetRate(w_.pair.now, 0);
  w_.Polls(30);
  EXPECT_THAT(w_.Codes(), ElementsAre("(rate-fault)", "(migrated)"));
}

TEST_F(MigrationTest, CallsAMoveThatCameToNothingNone) {
  Tell(LifeEvent::kLeaving);
  w_.Pass(absl::Seconds(1));
  Tell(LifeEvent::kResumed);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), IsEmpty());
}

// The target: nothing was known of the guest.
TEST_F(MigrationTest, TellsOfAnArrivalFromAnotherDom0) {
  WatchedGuest fresh;
  fresh.guest.OnLifecycle(LifeEvent::kArrived, fresh.Now());
  fresh.Pass(absl::Seconds(3));
  fresh.guest.OnLifecycle(LifeEvent::kArrived, fresh.Now());  // and resumed
  fresh.Polls(2);
  EXPECT_THAT(fresh.Codes(), ElementsAre("(migrated)"));
  const Finding moved = fresh.Get(FindingCode::kMigrated);
  EXPECT_EQ(moved.occurrences, 1u);
  EXPECT_FALSE(moved.before.has_value());
  EXPECT_FALSE(moved.size.has_value());
  EXPECT_TRUE(moved.after.has_value());
}

TEST_F(MigrationTest, ComparesNoOffsetsFromTwoMarks) {
  Tell(LifeEvent::kLeaving);
  w_.StepHost(absl::Seconds(30));
  w_.Burst();
  Tell(LifeEvent::kArrived);
  w_.Polls(2);
  EXPECT_FALSE(w_.Get(FindingCode::kMigrated).before.has_value());
  EXPECT_TRUE(w_.Get(FindingCode::kMigrated).after.has_value());

  Tell(LifeEvent::kLeaving);
  w_.Pass(absl::Seconds(1));
  Tell(LifeEvent::kArrived);
  EXPECT_TRUE(w_.Get(FindingCode::kMigrated).before.has_value());
  w_.StepHost(absl::Seconds(30));
  w_.Polls(2);
  EXPECT_FALSE(w_.Get(FindingCode::kMigrated).before.has_value());
  EXPECT_FALSE(w_.Get(FindingCode::kMigrated).size.has_value());
}

TEST_F(MigrationTest, TellsTwoMovesApart) {
  Move(absl::Milliseconds(100));
  w_.Polls(2);
  Move(absl::Milliseconds(100));
  w_.Polls(2);
  EXPECT_EQ(w_.Get(FindingCode::kMigrated).occurrences, 2u);
}

// --- Xen's TSC incarnation ---

TEST_F(MigrationTest, LearnsOfAMoveThatLibvirtDidNotTell) {
  Describe(1, 2'294'639);
  w_.Polls(2);
  Describe(1, 2'294'639);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  w_.Polls(2);
  Describe(2, 2'100'000);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(migrated)"));
  EXPECT_THAT(Text(),
              HasSubstr("Xen's word: TSC incarnation 1 at 2294.639 MHz before, "
                        "TSC incarnation 2 at 2100.000 MHz after\n"));
}

TEST_F(MigrationTest, AddsXensWordToAMoveThatLibvirtTold) {
  Describe(1, 0);
  w_.Polls(2);
  Tell(LifeEvent::kLeaving);
  Tell(LifeEvent::kArrived);
  w_.Polls(2);
  EXPECT_THAT(Text(), Not(HasSubstr("Xen's word")));
  Describe(2, 0);
  w_.Polls(1);
  EXPECT_THAT(w_.Codes(), ElementsAre("(migrated)"));
  EXPECT_EQ(w_.Get(FindingCode::kMigrated).occurrences, 1u);
  EXPECT_THAT(Text(), HasSubstr("Xen's word: TSC incarnation 1 before, TSC "
                                "incarnation 2 after\n"));
}

TEST_F(MigrationTest, CallsARestoreThatLibvirtToldNoMove) {
  Describe(1, 0);
  w_.Polls(2);
  Tell(LifeEvent::kSaved);
  w_.pair.guest.Sleep(w_.pair.now, absl::Seconds(60));
  w_.Pass(absl::Seconds(60));
  Tell(LifeEvent::kRestored);
  w_.Polls(2);
  Describe(2, 0);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(caught-up)"));
}

TEST_F(MigrationTest, TakesAnotherIncarnationAfterARebootForNoMove) {
  Describe(3, 0);
  w_.pair.guest.Reboot(w_.pair.now);
  w_.Polls(2);
  Describe(1, 0);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), Not(::testing::Contains("(migrated)")));
}

}  // namespace
}  // namespace noonmark
