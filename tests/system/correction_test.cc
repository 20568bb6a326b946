// Corrections of a real guest's clock while its mail is in use: noonmark orders
// one, and all that follows from it is real, to the kernel's clock.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/corrected_guest.h"
#include "tests/system/mail_load.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kDovecot[] = "dovecot.service";
constexpr char kFatal[] = "Fatal: Time just moved backwards by";
// Slewed at 500 ppm: in 100 s.
constexpr absl::Duration kSmall = absl::Milliseconds(-50);
// Four would fill the processor of an emulated guest.
constexpr int kLoginsAtOnce = 1;

class CorrectionTest : public CorrectedGuest {
 protected:
  // Users at the guest's mail, and meanwhile its clock is corrected by that.
  void CorrectUnderLoad(absl::Duration amount, v1::PlanWay way) {
    SCOPED_TRACE(amount);
    const absl::Duration patience = absl::FromChrono(kPatience);
    // What is small is wrong to those who say so.
    MakeWrong(-amount, "", amount == kSmall ? "warning = \"25ms\"\n" : "");
    const int fatal_before = guest_->CountLogged(kDovecot, kFatal);
    const std::string name = absl::StrCat("load-", ++loads_, "-");
    MailLoad load(guest_->Mail(), patience, name, kLoginsAtOnce);
    WaitUntilPlanned(way);
    load.AwaitAll(patience);
    const auto begun = MailLoad::Moment::clock::now();
    const v1::Operation done = Correct(std::chrono::minutes(3));
    load.AwaitAll(patience);  // mail answers
    const absl::Duration down = load.LongestWithoutLogin(begun);
    ExpectRight();

    EXPECT_EQ(done.quiesces(), way == v1::PLAN_WAY_QUIESCED_STEP);
    EXPECT_NEAR(absl::ToDoubleSeconds(FromProto(done.moved())),
                absl::ToDoubleSeconds(amount), amount == kSmall ? 0.01 : 0.05);
    const absl::Duration target =
        amount == kSmall ? absl::Milliseconds(25) : absl::Milliseconds(500);
    EXPECT_GE(FromProto(done.after().lo()), -target);
    EXPECT_LE(FromProto(done.after().hi()), target);
    MailReport report = load.End();
    const std::map<std::string, int> stored = guest_->StoredMail(name);
    NoteUnanswered(CountAnswered(guest_->PostfixLog()), stored, report);
    const MailTally tally = Tally(report, stored);
    const int fatal = guest_->CountLogged(kDovecot, kFatal) - fatal_before;
    std::cout << absl::StreamFormat(
                     "guest: corrected by %s in %.1f s, offset [%+.6f s, "
                     "%+.6f s] afterwards: %.1f s without a login, services "
                     "at rest for %.1f s, %d fatal time lines; of %d messages "
                     "acknowledged %d lost, %d stored twice without cause, %d "
                     "for want of an answer\n",
                     absl::FormatDuration(amount),
                     absl::ToDoubleSeconds(FromProto(done.lasted())),
                     absl::ToDoubleSeconds(FromProto(done.after().lo())),
                     absl::ToDoubleSeconds(FromProto(done.after().hi())),
                     absl::ToDoubleSeconds(down),
                     absl::ToDoubleSeconds(FromProto(done.mail_at_rest())),
                     fatal, report.acknowledged.size(), tally.lost,
                     tally.stored_twice, tally.repeated)
              << std::flush;
    std::cout << "guest: of " << report.logins + report.failed_logins
              << " logins meanwhile " << report.failed_logins << " failed, "
              << report.refused_logins << " were refused\n"
              << std::flush;
    ++sum_.corrections;
    sum_.refused += report.refused_logins;
    sum_.messages += report.acknowledged.size();
    sum_.fatal += fatal;
    sum_.lost += tally.lost;
    sum_.stored_twice += tally.stored_twice;
    sum_.repeated += tally.repeated;
    sum_.down = std::max(sum_.down, down);
    EXPECT_EQ(fatal, 0);
    EXPECT_EQ(tally.lost, 0);
    EXPECT_EQ(tally.stored_twice, 0);
    EXPECT_FALSE(report.acknowledged.empty());
  }

  // Of all corrections of this test until now.
  void PrintSum() const {
    std::cout << absl::StreamFormat(
                     "guest: in %d corrections at most %.1f s without a login, "
                     "%d fatal time lines; of %d messages acknowledged %d "
                     "lost, %d stored twice without cause, %d for want of an "
                     "answer\n",
                     sum_.corrections, absl::ToDoubleSeconds(sum_.down),
                     sum_.fatal, sum_.messages, sum_.lost, sum_.stored_twice,
                     sum_.repeated)
              << std::flush;
  }

  struct Sum {
    int corrections = 0;
    int refused = 0;  // logins
    std::size_t messages = 0;
    int fatal = 0;
    int lost = 0;
    int stored_twice = 0;
    int repeated = 0;
    absl::Duration down;
  };

  Sum sum_;

 private:
  int loads_ = 0;
};

TEST_F(CorrectionTest, BackwardKillsNothingAndLosesNothing) {
  for (const absl::Duration amount :
       {absl::Seconds(-3), absl::Seconds(-6), absl::Seconds(-60),
        absl::Seconds(-200), absl::Microseconds(-4'398'046'511)}) {
    CorrectUnderLoad(amount, v1::PLAN_WAY_QUIESCED_STEP);
  }
}

TEST_F(CorrectionTest, ForwardWhileMailRunsOnKillsNothingAndLosesNothing) {
  CorrectUnderLoad(absl::Seconds(10), v1::PLAN_WAY_STEP);
}

class LongCorrectionTest : public CorrectionTest {};

TEST_F(LongCorrectionTest, ASlewKillsNothingAndLosesNothing) {
  CorrectUnderLoad(kSmall, v1::PLAN_WAY_SLEW);
}

TEST_F(LongCorrectionTest, AnHourForwardKillsNothingAndLosesNothing) {
  CorrectUnderLoad(absl::Hours(1), v1::PLAN_WAY_QUIESCED_STEP);
}

// systemd listens at Dovecot's ports, which Debian leaves to Dovecot itself.
TEST_F(LongCorrectionTest, ASocketUnitRefusesNobody) {
  guest_->Run(
      "systemctl stop dovecot.service && "
      "systemctl enable --now --quiet dovecot.socket && "
      "systemctl start dovecot.service");
  CorrectUnderLoad(absl::Seconds(-60), v1::PLAN_WAY_QUIESCED_STEP);
  EXPECT_EQ(sum_.refused, 0);
  EXPECT_EQ(guest_->ActiveState("dovecot.socket"), "active");
}

// The longest of all: a minute and a half each. As many as
// $NOONMARK_BED_CORRECTIONS says, if it does.
TEST_F(LongCorrectionTest, AHundredKillNothingAndLoseNothing) {
  constexpr absl::Duration kAmounts[] = {
      absl::Seconds(-3), absl::Seconds(-6), absl::Seconds(-60),
      absl::Seconds(-200), absl::Microseconds(-4'398'046'511)};
  int wanted = 100;
  if (const char* const count = std::getenv("NOONMARK_BED_CORRECTIONS")) {
    ASSERT_TRUE(absl::SimpleAtoi(count, &wanted) && wanted > 0) << count;
  }
  for (int i = 0; i < wanted && !HasFailure(); ++i) {
    CorrectUnderLoad(kAmounts[i % std::size(kAmounts)],
                     v1::PLAN_WAY_QUIESCED_STEP);
    PrintSum();
  }
}

TEST_F(CorrectionTest, IsRefusedByAHostThatNothingProves) {
  SetWrong(absl::Seconds(6), "", "", "proven");
  host_->WaitUntil(
      kGuest,
      [](const v1::Guest& guest) {
        return guest.verdict() == v1::VERDICT_DIFFERS;
      },
      kPatience);
  const Outcome refused = host_->Order({"correct", kGuest});
  EXPECT_EQ(refused.exit_code, 1) << refused.out;
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("mail-1 on dom0-a: refused\n"),
                    HasSubstr("host-unproven: Nothing proves the clock of the "
                              "host itself")));
}

}  // namespace
}  // namespace noonmark::testing
