// What a step of the clock does to a Dovecot that nobody protects, and what
// ends it: so that the tests of corrections are known to bite.

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/support/status_matchers.h"
#include "tests/system/fast/fast_dovecot.h"
#include "tests/system/mail_connection.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

constexpr char kFatal[] = "Fatal: Time just moved backwards by";
constexpr absl::Duration kPatience = absl::Minutes(1);
// 2^42 ns, to the microsecond.
constexpr absl::Duration kWrap = absl::Microseconds(4'398'046'511);

class UnprotectedStepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!FastDovecot::IsPrepared()) {
      GTEST_SKIP()
          << "no Dovecot is unpacked; tests/check --only mail-bed does";
    }
    dovecot_.Start();
    load_ = std::make_unique<MailLoad>(dovecot_.Addresses(), kPatience);
  }

  // The time without logins since `begun`; prints it, and what came of mail.
  absl::Duration Tell(const std::string& what, MailLoad::Moment begun) {
    const absl::Duration without = load_->LongestWithoutLogin(begun);
    const MailReport report = load_->End();
    const MailTally tally = Tally(report, dovecot_.Stored());
    std::cout << absl::StreamFormat(
        "fast bed: %s: %.1f s without a login, %d sessions lost, %d fatal time "
        "lines; of %d messages acknowledged %d lost, %d stored twice without "
        "cause\n",
        what, absl::ToDoubleSeconds(without), report.lost_sessions,
        dovecot_.CountLogged(kFatal), report.acknowledged.size(), tally.lost,
        tally.stored_twice);
    EXPECT_EQ(tally.lost, 0);
    EXPECT_EQ(tally.stored_twice, 0);
    return without;
  }

  FastDovecot dovecot_;
  std::unique_ptr<MailLoad> load_;
};

TEST_F(UnprotectedStepTest, KillsSessionsAndHangsForItsLength) {
  // A process takes its idle time for a part of the step.
  load_->AwaitNoop(kPatience);
  const auto begun = dovecot_.StepUntilNoticed(absl::Seconds(-8));
  load_->AwaitAll(kPatience);
  EXPECT_GE(dovecot_.CountLogged(kFatal), 1) << dovecot_.Log();
  const absl::Duration without = Tell("-8 s, unprotected", begun);
  EXPECT_GT(without, absl::Seconds(6));
}

// A check of the port would find all well.
TEST_F(UnprotectedStepTest, GreetsAndThenHangsUntilItIsReloaded) {
  const auto begun = dovecot_.StepUntilNoticed(-kWrap);
  auto session = MailConnection::Open(dovecot_.Addresses().imap, kPatience, {});
  ASSERT_THAT(session, IsOk()) << "no greeting";
  EXPECT_THAT((*session)->Imap("LOGIN alice noon", absl::Seconds(5)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));

  const auto reloaded = MailLoad::Moment::clock::now();
  dovecot_.Reload();
  load_->AwaitLogin(kPatience);
  const absl::Duration took =
      absl::FromChrono(MailLoad::Moment::clock::now() - reloaded);
  std::cout << absl::StreamFormat(
      "fast bed: %.2f s from the order to reload to a login\n",
      absl::ToDoubleSeconds(took));
  EXPECT_LT(took, absl::Seconds(5));
  load_->AwaitAll(kPatience);
  Tell("-4398.046511 s, reloaded once it hung", begun);
}

// What a correction has to be compared with.
TEST_F(UnprotectedStepTest, IsNotNoticedByADovecotThatWasStoppedMeanwhile) {
  const auto begun = MailLoad::Moment::clock::now();
  dovecot_.Stop();
  dovecot_.SetOffset(-kWrap);
  dovecot_.Start();
  load_->AwaitAll(kPatience);
  EXPECT_EQ(dovecot_.CountLogged("Time just moved"), 0) << dovecot_.Log();
  EXPECT_EQ(dovecot_.CountLogged("Time moved"), 0) << dovecot_.Log();
  // Nothing of the 180 s that a Dovecot would hang which noticed it.
  EXPECT_LT(Tell("-4398.046511 s between stop and start", begun),
            absl::Seconds(20));
}

class LongUnprotectedStepTest : public UnprotectedStepTest {};

TEST_F(LongUnprotectedStepTest, HangsForThreeMinutes) {
  const auto begun = dovecot_.StepUntilNoticed(-kWrap);
  load_->AwaitAll(absl::Minutes(4));
  const absl::Duration without = Tell("-4398.046511 s, unprotected", begun);
  EXPECT_GT(without, absl::Seconds(170));
  EXPECT_GE(dovecot_.CountLogged(kFatal), 1) << dovecot_.Log();
}

}  // namespace
}  // namespace noonmark::testing
