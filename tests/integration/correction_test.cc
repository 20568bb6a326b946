// Corrections with the real programs: noonmark, noonmarkd, and an agent of an
// imaginary guest, whose clock and services are scripted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// A host with one guest, whose Dovecot and Postfix run and whose clock goes
// wrong 2 s after its start.
class CorrectionTest : public ::testing::Test {
 protected:
  void Start(const std::string& mode, const std::string& fault) {
    host_.Configure("correct", absl::StrCat("state = \"", host_.folder().path(),
                                            "\"\nmode = \"", mode, "\"\n"));
    host_.AddGuest("mail");
    host_.StartDemoAgent(
        "mail", {fault},
        {"dovecot.service=mail-store", "postfix@-.service=mail-transfer"});
    host_.Start();
  }
  // Until nothing of what is known speaks against moving its clock.
  void WaitUntilPlanned(v1::PlanWay way) {
    host_.WaitUntilPlanned("mail", way);
  }

  RealHost host_;
};

TEST_F(CorrectionTest, PutsAClockBackWithMailAtRest) {
  Start("advise", "set=+6s@2s");
  WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
  const Outcome plan = host_.Order({"correct", "mail", "--dry-run"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out,
              ContainsRegex("postfix@-\\.service,\\s+dovecot\\.service\\."));

  const Outcome corrected = host_.Order({"correct", "mail"});
  EXPECT_EQ(corrected.exit_code, 0) << corrected.out << corrected.err;
  EXPECT_THAT(
      corrected.out,
      AllOf(ContainsRegex("corrected: its clock was set back by (6\\.0|5\\.9)"),
            ContainsRegex("before +[+](6\\.0|5\\.9)[0-9]+ s ± 0\\.0"),
            ContainsRegex("after +[+-]0\\.0[0-9]+ s ± 0\\.0"),
            ContainsRegex("mail at rest +[0-9]+\\.[0-9] s")));
  host_.WaitUntil("mail", IsOk);
  const Outcome again = host_.Order({"correct", "mail"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("nothing is to be done"));
}

TEST_F(CorrectionTest, CorrectsByItselfWhereItMay) {
  Start("correct", "set=-6s@2s");
  const v1::Guest corrected =
      host_.WaitUntil("mail", [](const v1::Guest& guest) {
        return guest.operation().over() && IsOk(guest);
      });
  EXPECT_EQ(corrected.operation().result(), "corrected");
  EXPECT_FALSE(corrected.operation().by_order());
  EXPECT_FALSE(corrected.operation().quiesces());
}

TEST_F(CorrectionTest, RefusesUnderObserveAndNamesTheRail) {
  Start("observe", "set=+6s@2s");
  WaitUntilPlanned(v1::PLAN_WAY_QUIESCED_STEP);
  const Outcome refused = host_.Order({"correct", "mail"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("mail on dom0-a: refused\n"),
                                 HasSubstr("mode: Its mode is observe")));
  const Outcome reader = host_.Noonmark({"hold", "--all", "--why", "x"});
  EXPECT_EQ(reader.exit_code, 1);
  EXPECT_THAT(reader.err, AllOf(HasSubstr("HoldHost is not for the unix socket "
                                          "for reading"),
                                HasSubstr("orders go to the operator's")));
}

TEST_F(CorrectionTest, BringsMailToRestAndBack) {
  Start("advise", "set=0s@1h");
  host_.WaitUntil("mail", IsOk);
  const Outcome rests = host_.Order({"quiesce", "mail"});
  EXPECT_EQ(rests.exit_code, 0) << rests.out << rests.err;
  EXPECT_THAT(host_.Noonmark({"report"}).out,
              HasSubstr("at rest by order: mail rests"));
  const Outcome back = host_.Order({"resume", "mail"});
  EXPECT_EQ(back.exit_code, 0) << back.out << back.err;
  EXPECT_THAT(back.out, HasSubstr("its services are back"));
}

TEST_F(CorrectionTest, BringsMailBackAfterNoonmarkdWasKilled) {
  Start("advise", "set=0s@1h");
  host_.WaitUntil("mail", IsOk);
  EXPECT_EQ(host_.Order({"quiesce", "mail"}).exit_code, 0);
  host_.daemon().Signal(SIGKILL);
  EXPECT_EQ(host_.daemon().Wait(), -SIGKILL);
  host_.Start();
  const v1::Guest guest = host_.WaitUntil(
      "mail", [](const v1::Guest& row) { return row.operation().over(); });
  EXPECT_EQ(guest.operation().reason(), "restarted");
  for (const v1::ServiceStatus& service : guest.operation().services()) {
    EXPECT_EQ(service.state(), v1::SERVICE_STATE_ACTIVE) << service.unit();
  }
}

}  // namespace
}  // namespace noonmark::testing
