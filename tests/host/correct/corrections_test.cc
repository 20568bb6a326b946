#include "host/correct/corrections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/host/correct/obeying_guest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::ObeyingGuest;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::noonmark::testing::VirtualFleet;
using ::noonmark::testing::VirtualGuest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kMail[] = "6e6f6f6e-6d61-4b00-8000-000000000001";

MonitorOptions Declared() {
  MonitorOptions options;
  options.host_name = "dom0-a";
  options.host.trust = HostTrust::kDeclared;
  return options;
}

// A host with one guest that obeys, and whoever corrects it.
class CorrectionsTest : public ::testing::Test {
 protected:
  // What of the journal and the rails outlives this is kept.
  void Start(CorrectionMode mode, const OperationStatus* told = nullptr) {
    fleet_.reset();
    CorrectionOptions options;
    options.policies.usual.rails.mode = mode;
    options.declared = true;
    options.state = state_.path();
    fleet_ = std::make_unique<VirtualFleet>(Declared());
    mail_ = &fleet_->AddGuest("mail");
    fleet_->domain("mail").uuid = kMail;
    obeying_ = std::make_unique<ObeyingGuest>(*mail_);
    if (told != nullptr) obeying_->status() = *told;
    CorrectionSeams seams;
    seams.clock = &fleet_->host();
    seams.boot.bytes[0] = 1;
    seams.write = [this](std::vector<JournalRecord> records) {
      if (disk_is_full_) return false;
      NumberBatch(journal_.size() + 1, records);
      journal_.insert(journal_.end(), records.begin(), records.end());
      return true;
    };
    seams.new_operation = [this] {
      OperationId id;
      id.bytes[15] = ++operations_;
      return id;
    };
    corrections_ = std::make_unique<Corrections>(options, seams, journal_);
    fleet_->monitor().SetCorrector(corrections_.get());
    fleet_->Tell();
    fleet_->Run(absl::Seconds(11));
  }
  ~CorrectionsTest() override { fleet_.reset(); }

  // Wrong by so much, and measured for long enough.
  void BeWrongBy(absl::Duration offset) {
    mail_->SetClock(offset);
    fleet_->Run(absl::Seconds(45));
  }
  const OperationView* Operation() {
    const auto& operations = fleet_->snapshot()->correction->operations;
    const auto it = operations.find(kMail);
    view_ = fleet_->snapshot()->correction;
    return it == operations.end() ? nullptr : &view_->operations.at(kMail);
  }
  absl::Duration Offset() {
    return mail_->clock.Read().realtime - fleet_->host().Read().realtime;
  }

  const TemporaryDirectory state_;
  std::vector<JournalRecord> journal_;
  bool disk_is_full_ = false;
  uint8_t operations_ = 0;
  std::unique_ptr<Corrections> corrections_;
  std::unique_ptr<ObeyingGuest> obeying_;
  std::unique_ptr<VirtualFleet> fleet_;
  VirtualGuest* mail_ = nullptr;
  std::shared_ptr<const CorrectionView> view_;
};

TEST_F(CorrectionsTest, CorrectByOrderWithMailAtRest) {
  Start(CorrectionMode::kAdvise);
  BeWrongBy(absl::Seconds(6));
  EXPECT_EQ(Operation(), nullptr);  // not by itself
  const absl::StatusOr<OperationId> id = corrections_->Correct(kMail);
  ASSERT_THAT(id, IsOk());
  ASSERT_NE(Operation(), nullptr);
  EXPECT_EQ(Operation()->plan.operation, *id);
  EXPECT_FALSE(Operation()->over);
  fleet_->Run(absl::Seconds(20));
  ASSERT_TRUE(Operation()->over);
  EXPECT_EQ(Operation()->progress.result, HostResult::kCorrected);
  EXPECT_EQ(Operation()->initiator, Initiator::kOperator);
  EXPECT_THAT(obeying_->obeyed(), ElementsAre("quiesce", "correct", "resume"));
  EXPECT_LT(absl::AbsDuration(Offset()), absl::Milliseconds(1));
  EXPECT_TRUE(obeying_->MailRuns());
  fleet_->Run(absl::Seconds(60));
  EXPECT_EQ(fleet_->row("mail")->verdict, Verdict::kOk);
}

TEST_F(CorrectionsTest, CorrectByThemselvesWhereTheyMay) {
  Start(CorrectionMode::kCorrect);
  BeWrongBy(absl::Seconds(6));
  fleet_->Run(absl::Seconds(15));
  ASSERT_NE(Operation(), nullptr);
  EXPECT_EQ(Operation()->initiator, Initiator::kItself);
  EXPECT_EQ(Operation()->progress.result, HostResult::kCorrected);
  EXPECT_EQ(obeying_->moves(), 1);
}

TEST_F(CorrectionsTest, StepForwardWithoutRest) {
  Start(CorrectionMode::kAdvise);
  BeWrongBy(absl::Seconds(-6));
  ASSERT_THAT(corrections_->Correct(kMail), IsOk());
  fleet_->Run(absl::Seconds(20));
  EXPECT_EQ(Operation()->progress.result, HostResult::kCorrected);
  EXPECT_THAT(obeying_->obeyed(), ElementsAre("correct"));
  EXPECT_TRUE(obeying_->MailRuns());
}

TEST_F(CorrectionsTest, RefuseUnderObserveAndKeepIt) {
  Start(CorrectionMode::kObserve);
  BeWrongBy(absl::Seconds(6));
  EXPECT_THAT(corrections_->Correct(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "mode: Its mode is observe"));
  fleet_->Run(absl::Seconds(1));
  const std::vector<KeptRefusal> kept =
      fleet_->snapshot()->correction->rails.RefusalsOf(kMail);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].objection.rail, Rail::kMode);
  EXPECT_THAT(obeying_->obeyed(), IsEmpty());
}

TEST_F(CorrectionsTest, RefuseWhatNeedsNoCorrection) {
  Start(CorrectionMode::kAdvise);
  EXPECT_THAT(corrections_->Correct(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "nothing is to be done: Its clock is"));
  EXPECT_THAT(corrections_->Correct("other"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CorrectionsTest, BringMailToRestAndBackWithoutMovingAClock) {
  Start(CorrectionMode::kAdvise);
  ASSERT_THAT(corrections_->Quiesce(kMail, absl::Seconds(60)), IsOk());
  fleet_->Run(absl::Seconds(5));
  EXPECT_FALSE(obeying_->MailRuns());
  EXPECT_EQ(Operation()->progress.phase, HostPhase::kQuiesced);
  EXPECT_THAT(corrections_->Quiesce(kMail, absl::ZeroDuration()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "busy"));
  ASSERT_THAT(corrections_->Resume(kMail), IsOk());
  fleet_->Run(absl::Seconds(5));
  EXPECT_TRUE(obeying_->MailRuns());
  EXPECT_TRUE(Operation()->over);
  EXPECT_EQ(obeying_->moves(), 0);
  EXPECT_THAT(corrections_->Resume(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "no operation of it is under way"));
}

TEST_F(CorrectionsTest, HoldAGuestUntilItIsReleased) {
  Start(CorrectionMode::kCorrect);
  ASSERT_THAT(corrections_->Hold(kMail, "being looked at"), IsOk());
  BeWrongBy(absl::Seconds(6));
  fleet_->Run(absl::Seconds(15));
  EXPECT_EQ(obeying_->moves(), 0);
  EXPECT_THAT(corrections_->Correct(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "held: It is held: being looked at"));
  ASSERT_THAT(corrections_->Release(kMail), IsOk());
  EXPECT_THAT(corrections_->Release(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition, "not held"));
  fleet_->Run(absl::Seconds(15));
  EXPECT_EQ(obeying_->moves(), 1);
}

TEST_F(CorrectionsTest, RememberWhoIsHeldOverARestart) {
  Start(CorrectionMode::kCorrect);
  ASSERT_THAT(corrections_->Hold(kMail, "being looked at"), IsOk());
  Start(CorrectionMode::kCorrect);
  BeWrongBy(absl::Seconds(6));
  fleet_->Run(absl::Seconds(15));
  EXPECT_EQ(obeying_->moves(), 0);
}

TEST_F(CorrectionsTest, CorrectNobodyWhenTheyCannotTellWhoIsHeld) {
  state_.Write("rails", "nonsense\n");
  Start(CorrectionMode::kCorrect);
  BeWrongBy(absl::Seconds(6));
  fleet_->Run(absl::Seconds(15));
  EXPECT_EQ(obeying_->moves(), 0);
  EXPECT_THAT(corrections_->Correct(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "who is held is not known"));
  EXPECT_THAT(corrections_->ReleaseAll(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "mend it"));
}

TEST_F(CorrectionsTest, HoldAGuestWhoseServicesDidNotComeBack) {
  Start(CorrectionMode::kAdvise);
  BeWrongBy(absl::Seconds(6));
  obeying_->resume_fails = true;
  ASSERT_THAT(corrections_->Correct(kMail), IsOk());
  fleet_->Run(absl::Minutes(5));
  ASSERT_TRUE(Operation()->over);
  EXPECT_TRUE(Operation()->progress.held);
  EXPECT_NE(fleet_->snapshot()->correction->rails.HeldBecause(kMail), nullptr);
}

TEST_F(CorrectionsTest, GiveUpWhatTheGuestRefuses) {
  Start(CorrectionMode::kAdvise);
  BeWrongBy(absl::Seconds(6));
  obeying_->refuses_to_rest = Refusal::kWouldNotStop;
  ASSERT_THAT(corrections_->Correct(kMail), IsOk());
  fleet_->Run(absl::Minutes(5));
  ASSERT_TRUE(Operation()->over);
  EXPECT_EQ(Operation()->progress.result, HostResult::kNotCorrected);
  EXPECT_EQ(obeying_->moves(), 0);
  EXPECT_TRUE(obeying_->MailRuns());
}

TEST_F(CorrectionsTest, ActOnNothingThatTheJournalDoesNotHold) {
  Start(CorrectionMode::kAdvise);
  BeWrongBy(absl::Seconds(6));
  disk_is_full_ = true;
  ASSERT_THAT(corrections_->Correct(kMail), IsOk());
  fleet_->Run(absl::Seconds(20));
  EXPECT_TRUE(Operation()->over);
  EXPECT_EQ(Operation()->progress.reason, HostReason::kJournal);
  EXPECT_THAT(obeying_->obeyed(), IsEmpty());
}

TEST_F(CorrectionsTest, SwitchAllOffAndGiveUpWhatIsUnderWay) {
  Start(CorrectionMode::kAdvise);
  ASSERT_THAT(corrections_->Quiesce(kMail, absl::Seconds(60)), IsOk());
  fleet_->Run(absl::Seconds(5));
  ASSERT_FALSE(obeying_->MailRuns());
  ASSERT_THAT(corrections_->HoldAll("racks move"), IsOk());
  fleet_->Run(absl::Seconds(5));
  EXPECT_TRUE(obeying_->MailRuns());
  BeWrongBy(absl::Seconds(6));
  EXPECT_THAT(corrections_->Correct(kMail),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "switched off: racks move"));
  ASSERT_THAT(corrections_->ReleaseAll(), IsOk());
  EXPECT_THAT(corrections_->Correct(kMail), IsOk());
}

TEST_F(CorrectionsTest, ObeyAFileThatSomebodyTouched) {
  Start(CorrectionMode::kAdvise);
  state_.Write("off", "");
  fleet_->Run(absl::Seconds(2));
  EXPECT_THAT(fleet_->snapshot()->correction->rails.off(),
              HasSubstr("there is "));
  std::remove(state_.Path("off").c_str());
  fleet_->Run(absl::Seconds(2));
  EXPECT_EQ(fleet_->snapshot()->correction->rails.off(), "");
}

TEST_F(CorrectionsTest, BringMailBackAfterARestartInTheMiddle) {
  Start(CorrectionMode::kAdvise);
  ASSERT_THAT(corrections_->Quiesce(kMail, absl::Seconds(60)), IsOk());
  fleet_->Run(absl::Seconds(5));
  ASSERT_FALSE(obeying_->MailRuns());
  const OperationStatus rests = obeying_->status();

  Start(CorrectionMode::kAdvise, &rests);
  EXPECT_TRUE(obeying_->MailRuns());
  ASSERT_NE(Operation(), nullptr);
  EXPECT_TRUE(Operation()->over);
  EXPECT_EQ(Operation()->progress.reason, HostReason::kRestarted);
  EXPECT_EQ(obeying_->moves(), 0);
}

TEST_F(CorrectionsTest, HoldAGuestThatIsWrongAgainAfterThreeCorrections) {
  Start(CorrectionMode::kCorrect);
  for (int i = 0; i < 3; ++i) {
    BeWrongBy(absl::Seconds(6));
    fleet_->Run(absl::Minutes(12));
    ASSERT_EQ(obeying_->moves(), i + 1);
  }
  BeWrongBy(absl::Seconds(6));
  fleet_->Run(absl::Minutes(12));
  EXPECT_EQ(obeying_->moves(), 3);
  const std::string* held =
      fleet_->snapshot()->correction->rails.HeldBecause(kMail);
  ASSERT_NE(held, nullptr);
  EXPECT_THAT(*held, HasSubstr("3 times in a day"));
}

}  // namespace
}  // namespace noonmark
