#include "host/cli/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::PlanGuestResponse Quiesced() {
  return FromText<v1::PlanGuestResponse>(R"(
guest { name: "mail-1" }
plan {
  way: PLAN_WAY_QUIESCED_STEP
  otherwise: PLAN_WAY_QUIESCED_STEP
  amount { seconds: -4398 nanos: -46511104 }
  reasons: "Its clock is ahead."
  mode: CORRECTION_MODE_ADVISE
  cost {
    rests { unit: "postfix@-.service" role: SERVICE_ROLE_MAIL_TRANSFER }
    rests { unit: "dovecot.service" role: SERVICE_ROLE_MAIL_STORE
            clients_wait: true }
    rests { unit: "chrony.service" role: SERVICE_ROLE_TIME_DAEMON }
    usual_least { seconds: 2 }
    usual_most { seconds: 4 }
    lease { seconds: 120 }
    clients: "Sessions end."
  }
  warnings: "The host is declared."
  side_effects: "cron: jobs."
  by_itself { rail: "mode" why: "Its mode is advise." remedy: "Order it." }
})");
}

TEST(PlanTextTest, TellsAllOfAQuiescedStep) {
  EXPECT_EQ(
      PlanText("dom0-a", Quiesced(), Style()),
      R"(mail-1 on dom0-a: its clock is set back by 4398.046511 s (1 h 13 min 18 s) with
its mail at rest for about 2 s to 4 s.

WHY
  Its clock is ahead.

NOT BY ITSELF, BY
  mode  Its mode is advise.
        Order it.

WHAT IS DONE
  1  Bring to rest, in this order, and prove that they are: postfix@-.service,
     dovecot.service, chrony.service.
  2  Measure the clock again; go on only if it still is where it was.
  3  Set it back by 4398.046511 s (1 h 13 min 18 s), or what was then measured,
     once.
  4  Start the time daemon; go on when it agrees with the new time.
  5  Start the rest the other way round, and see that they serve.
  6  Measure it again: it is right, or the guest is held and you are told.

WHAT IT COSTS MAIL
  at rest    postfix@-.service (mail transfer), dovecot.service (mail store),
             chrony.service (time daemon)
  for about  2 s to 4 s at normal speed
  at most    2 min; then the guest starts them by itself, whatever died
  clients    Sessions end.

KNOW BEFORE
  -  The host is declared.

WHO ELSE ON THE GUEST MAY MIND
  -  cron: jobs.

MODE
  advise: noonmark corrects what an operator orders
)");
}

TEST(PlanTextTest, ShowsWhatARefusedPlanWouldBe) {
  v1::PlanGuestResponse plan = Quiesced();
  plan.mutable_plan()->set_way(v1::PLAN_WAY_REFUSE);
  v1::Objection* objection = plan.mutable_plan()->add_objections();
  objection->set_rail("host-unproven");
  objection->set_why("Nothing proves it.");
  objection->set_remedy("Let chronyd run.");
  const std::string text = PlanText("dom0-a", plan, Style());
  EXPECT_THAT(
      text,
      AllOf(StartsWith("mail-1 on dom0-a: refused for now; else its clock "
                       "would be set back"),
            HasSubstr("REFUSED BY\n"
                      "  host-unproven  Nothing proves it.\n"
                      "                 Let chronyd run.\n"),
            HasSubstr("WHAT IS DONE")));
}

TEST(PlanTextTest, NamesARailOnce) {
  v1::PlanGuestResponse plan = Quiesced();
  *plan.mutable_plan()->add_by_order() = plan.plan().by_itself(0);
  const std::string text = PlanText("dom0-a", plan, Style());
  EXPECT_THAT(text, HasSubstr("REFUSED BY\n  mode"));
  EXPECT_THAT(text, Not(HasSubstr("NOT BY ITSELF")));
}

TEST(PlanTextTest, SaysLittleWhereNothingIsToBeDone) {
  const auto plan = FromText<v1::PlanGuestResponse>(R"(
guest { name: "mail-1" }
plan { way: PLAN_WAY_LEAVE otherwise: PLAN_WAY_LEAVE reasons: "It is right."
       mode: CORRECTION_MODE_OBSERVE })");
  EXPECT_EQ(PlanText("dom0-a", plan, Style()),
            "mail-1 on dom0-a: nothing is to be done.\n\nWHY\n  It is right.\n"
            "\nMODE\n  observe: noonmark touches nothing\n");
}

TEST(PlanTextTest, SaysThatAStepForwardCostsNothing) {
  const auto plan = FromText<v1::PlanGuestResponse>(R"(
guest { name: "mail-1" }
plan { way: PLAN_WAY_STEP otherwise: PLAN_WAY_STEP amount { seconds: 6 }
       reasons: "It is behind." })");
  EXPECT_THAT(PlanText("dom0-a", plan, Style()),
              AllOf(HasSubstr("its clock is set forward by 6.000000 s at once, "
                              "and mail runs\non."),
                    HasSubstr("Nothing: no service rests.")));
}

TEST(PlanTextTest, TellsWhatWasRefusedLately) {
  v1::PlanGuestResponse plan = Quiesced();
  *plan.mutable_plan()->add_refusals() = FromText<v1::KeptRefusal>(R"(
objection { rail: "budget" why: "Too often." }
by_order: true times: 2 last { seconds: 1795880000 })");
  EXPECT_THAT(PlanText("dom0-a", plan, Style()),
              HasSubstr("REFUSED LATELY\n  budget  Too often. Ordered 2 times, "
                        "last at 2026-11-28 "));
}

TEST(PlanTextTest, ObeysNoControlCharacter) {
  v1::PlanGuestResponse plan = Quiesced();
  plan.mutable_plan()->set_reasons(0, "\x1b[2J");
  plan.mutable_plan()->mutable_cost()->mutable_rests(0)->set_unit("a\nb");
  EXPECT_THAT(
      PlanText("dom0-a", plan, Style()),
      AllOf(Not(HasSubstr("\x1b")), HasSubstr("\\x1b[2J"), HasSubstr("a\\nb")));
}

}  // namespace
}  // namespace noonmark::cli
