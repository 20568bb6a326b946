#include "host/service/plan_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace noonmark {
namespace {

using ::testing::ElementsAre;

ClockReading Now() {
  ClockReading now;
  now.monotonic = absl::Seconds(100);
  now.realtime = absl::Seconds(1'700'000'100);
  return now;
}

GuestPlan Quiesced() {
  GuestPlan made;
  made.policy.rails.mode = CorrectionMode::kAdvise;
  made.plan.way = PlanWay::kRefuse;
  made.plan.otherwise = PlanWay::kQuiescedStep;
  made.plan.amount = -absl::Nanoseconds(4'398'046'511'104);
  made.plan.reasons = {"It is ahead."};
  made.plan.objections = {{Rail::kGlitch, "Why.", "noonmark explain GUEST."}};
  made.plan.warnings = {"See to GUEST."};
  made.plan.side_effects = {"cron: late."};
  made.plan.cost.rests = {
      {"dovecot.service", ServiceRole::kMailStore, /*clients_wait=*/true}};
  made.plan.cost.usual = {absl::Seconds(2), absl::Seconds(4)};
  made.plan.cost.lease = absl::Seconds(120);
  made.plan.cost.clients = {"They wait."};
  made.by_order = {{Rail::kHeld, "Held.", "Look."}};
  made.by_itself = {{Rail::kMode, "Mode.", "Order it."}};
  return made;
}

TEST(PlanWireTest, SaysAllOfAPlanAndNamesItsGuest) {
  v1::Plan plan;
  FillPlan(Quiesced(), "mail-1", plan);
  EXPECT_EQ(plan.way(), v1::PLAN_WAY_REFUSE);
  EXPECT_EQ(plan.otherwise(), v1::PLAN_WAY_QUIESCED_STEP);
  EXPECT_EQ(plan.mode(), v1::CORRECTION_MODE_ADVISE);
  EXPECT_EQ(plan.amount().seconds(), -4398);
  EXPECT_EQ(plan.amount().nanos(), -46'511'104);
  EXPECT_THAT(plan.reasons(), ElementsAre("It is ahead."));
  ASSERT_EQ(plan.objections_size(), 1);
  EXPECT_EQ(plan.objections(0).rail(), "glitch");
  EXPECT_EQ(plan.objections(0).why(), "Why.");
  EXPECT_EQ(plan.objections(0).remedy(), "noonmark explain mail-1.");
  EXPECT_EQ(plan.objections(0).meaning(), RailMeaning(Rail::kGlitch));
  EXPECT_THAT(plan.warnings(), ElementsAre("See to mail-1."));
  EXPECT_THAT(plan.side_effects(), ElementsAre("cron: late."));
  EXPECT_EQ(plan.by_order(0).rail(), "held");
  EXPECT_EQ(plan.by_itself(0).rail(), "mode");
  ASSERT_EQ(plan.cost().rests_size(), 1);
  EXPECT_EQ(plan.cost().rests(0).unit(), "dovecot.service");
  EXPECT_EQ(plan.cost().rests(0).role(), v1::SERVICE_ROLE_MAIL_STORE);
  EXPECT_TRUE(plan.cost().rests(0).clients_wait());
  EXPECT_EQ(plan.cost().usual_most().seconds(), 4);
  EXPECT_EQ(plan.cost().lease().seconds(), 120);
  EXPECT_FALSE(plan.cost().has_hold());
  EXPECT_THAT(plan.cost().clients(), ElementsAre("They wait."));
}

TEST(PlanWireTest, LeavesOutWhatAPlanHasNot) {
  v1::Plan plan;
  GuestPlan made;
  made.plan.way = made.plan.otherwise = PlanWay::kLeave;
  FillPlan(made, "mail-1", plan);
  EXPECT_FALSE(plan.has_amount());
  EXPECT_EQ(plan.cost().rests_size(), 0);
  EXPECT_FALSE(plan.cost().has_lease());
}

TEST(PlanWireTest, TellsRefusalsInTheHostsTime) {
  v1::Plan plan;
  KeptRefusal kept;
  kept.objection = {Rail::kBudget, "Often.", "noonmark release GUEST."};
  kept.initiator = Initiator::kOperator;
  kept.first = MonotonicTime::FromReading(absl::Seconds(40));
  kept.last = MonotonicTime::FromReading(absl::Seconds(90));
  kept.times = 3;
  FillRefusals({kept}, "mail-1", Now(), plan);
  ASSERT_EQ(plan.refusals_size(), 1);
  EXPECT_EQ(plan.refusals(0).objection().remedy(), "noonmark release mail-1.");
  EXPECT_TRUE(plan.refusals(0).by_order());
  EXPECT_EQ(plan.refusals(0).first().seconds(), 1'700'000'040);
  EXPECT_EQ(plan.refusals(0).last().seconds(), 1'700'000'090);
  EXPECT_EQ(plan.refusals(0).times(), 3u);
}

}  // namespace
}  // namespace noonmark
