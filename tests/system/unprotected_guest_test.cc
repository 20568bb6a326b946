// What a step of a guest's clock does to mail that nobody protects: the same
// steps that a correction protects from: what is at stake.

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/support/status_matchers.h"
#include "tests/system/emulated_guest.h"
#include "tests/system/guest_clock.h"
#include "tests/system/mail_connection.h"
#include "tests/system/mail_load.h"

namespace noonmark::testing {
namespace {

constexpr char kDovecot[] = "dovecot.service";
constexpr char kFatal[] = "Fatal: Time just moved backwards by";
constexpr char kThrottled[] = "until new services are launched again";
constexpr absl::Duration kPatience = absl::Minutes(2);

class UnprotectedGuestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!EmulatedGuest::IsPrepared()) {
      GTEST_SKIP()
          << "no guest is prepared; tests/check --only mail-guest does";
    }
    guest_ = std::make_unique<EmulatedGuest>();
    clock_ = std::make_unique<GuestClock>(guest_->ClockSocket());
    load_ = std::make_unique<MailLoad>(guest_->Mail(), kPatience);
  }

  // Steps the clock under sessions that are used at once. One counts the time
  // since it last awoke as a part of the step.
  void Step(const std::string& step) {
    load_->AwaitAll(kPatience);
    fatal_before_ = guest_->CountLogged(kDovecot, kFatal);
    const auto session = LogIn(guest_->Mail().imap, "alice", kPatience);
    ASSERT_THAT(session, IsOk());
    load_->AwaitNoop(kPatience);
    stepped_ = MailLoad::Moment::clock::now();
    clock_->Order("step " + step);
    (*session)->Imap("NOOP", kPatience).IgnoreError();
  }
  int FatalLines() const {
    return guest_->CountLogged(kDovecot, kFatal) - fatal_before_;
  }
  // The same, until Dovecot's master noticed too. One that is starting a
  // process just then can miss a step: it reads its time anew before it
  // compares.
  void StepUntilNoticed(const std::string& step) {
    constexpr int kTries = 10;
    for (int i = 0; i < kTries; ++i) {
      const int before = guest_->CountLogged(kDovecot, kThrottled);
      Step(step);
      AwaitLogged(kFatal, fatal_before_);
      const auto end = MailLoad::Moment::clock::now() + std::chrono::seconds(5);
      do {
        if (guest_->CountLogged(kDovecot, kThrottled) > before) return;
      } while (MailLoad::Moment::clock::now() < end);
      clock_->SetRight();
      guest_->Run("doveadm reload");  // should it have noticed late
    }
    FAIL() << step << " was not noticed " << kTries << " times";
  }
  void AwaitLogged(const std::string& text, int more_than) const {
    const auto end = MailLoad::Moment::clock::now() + std::chrono::minutes(1);
    while (guest_->CountLogged(kDovecot, text) <= more_than) {
      ASSERT_LT(MailLoad::Moment::clock::now(), end) << text;
    }
  }
  // The greeting comes, and LOGIN is not answered.
  void ExpectLoginsHang() {
    auto session = MailConnection::Open(guest_->Mail().imap, kPatience, {});
    ASSERT_THAT(session, IsOk()) << "no greeting";
    EXPECT_THAT((*session)->Imap("LOGIN alice noon", absl::Seconds(10)),
                StatusIs(absl::StatusCode::kDeadlineExceeded));
  }
  // Mail gets through again; tells what came of this step.
  void Tell(const std::string& step, absl::Duration patience = kPatience) {
    load_->AwaitAll(patience);
    std::cout << absl::StreamFormat(
        "guest: %s, unprotected: %.1f s without a login, %d fatal time lines\n",
        step, absl::ToDoubleSeconds(load_->LongestWithoutLogin(stepped_)),
        FatalLines());
    // A step too, of which nothing is to be left.
    clock_->SetRight();
    guest_->Run("doveadm reload");
  }
  void TellOfMail() {
    const MailReport report = load_->End();
    // Its timers stand still for as long as the clock went back.
    guest_->Run("systemctl restart postfix@-.service");
    const MailTally tally = Tally(report, guest_->StoredMail());
    std::cout << absl::StreamFormat(
        "guest: in all of these %d of %d logins failed, %d sessions were lost; "
        "of %d messages acknowledged %d lost, %d stored twice without cause\n",
        report.failed_logins, report.logins + report.failed_logins,
        report.lost_sessions, report.acknowledged.size(), tally.lost,
        tally.stored_twice);
  }

  std::unique_ptr<EmulatedGuest> guest_;
  std::unique_ptr<GuestClock> clock_;
  std::unique_ptr<MailLoad> load_;
  MailLoad::Moment stepped_;
  int fatal_before_ = 0;
};

TEST_F(UnprotectedGuestTest, LosesSessionsBeyondFiveSecondsBackAndThenHangs) {
  for (const std::string step : {"-0.05", "-3"}) {
    SCOPED_TRACE(step);
    Step(step);
    Tell(step + " s");
    EXPECT_EQ(FatalLines(), 0);
  }
  Step("-6");
  AwaitLogged(kFatal, fatal_before_);
  Tell("-6 s");
  for (const std::string step : {"-60", "-200", "-4398.046511"}) {
    SCOPED_TRACE(step);
    StepUntilNoticed(step);
    ExpectLoginsHang();
    // It would hang until the step is over, or for 180 s.
    guest_->Run("doveadm reload");
    Tell(step + " s, reloaded after it hung for 10 s");
  }
  TellOfMail();
}

TEST_F(UnprotectedGuestTest, LosesSessionsByAnHourForward) {
  Step("10");
  Tell("+10 s");
  Step("3600");
  AwaitLogged("Inactivity - no input for", 0);
  Tell("+1 h");
  TellOfMail();
}

class LongUnprotectedGuestTest : public UnprotectedGuestTest {};

TEST_F(LongUnprotectedGuestTest, HangsForThreeMinutesAtMost) {
  for (const std::string step : {"-60", "-200", "-4398.046511"}) {
    SCOPED_TRACE(step);
    StepUntilNoticed(step);
    Tell(step + " s", absl::Minutes(6));
    EXPECT_GT(load_->LongestWithoutLogin(stepped_),
              step == "-60" ? absl::Seconds(50) : absl::Seconds(170));
  }
  TellOfMail();
}

}  // namespace
}  // namespace noonmark::testing
