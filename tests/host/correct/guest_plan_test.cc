#include "host/correct/guest_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::VirtualFleet;
using ::noonmark::testing::VirtualGuest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

MonitorOptions Declared() {
  MonitorOptions options;
  options.host_name = "dom0-a";
  options.host.trust = HostTrust::kDeclared;
  return options;
}

std::vector<Rail> RailsOf(const std::vector<Objection>& objections) {
  std::vector<Rail> rails;
  for (const Objection& objection : objections) {
    rails.push_back(objection.rail);
  }
  return rails;
}

// A guest that the monitor knows; its agent takes no orders.
class GuestPlanTest : public ::testing::Test {
 protected:
  GuestPlanTest() {
    fleet_.Tell();
    fleet_.Run(absl::Seconds(61));
  }
  GuestPlan Planned() {
    return PlanFor(*fleet_.row("mail"), *fleet_.snapshot(),
                   fleet_.host().Read());
  }

  VirtualFleet fleet_{Declared()};
  VirtualGuest& mail_ = fleet_.AddGuest("mail");
};

TEST_F(GuestPlanTest, LeavesAGuestThatIsRight) {
  const GuestPlan made = Planned();
  EXPECT_EQ(made.plan.way, PlanWay::kLeave);
  EXPECT_THAT(made.by_order, IsEmpty());
  EXPECT_THAT(made.by_itself, IsEmpty());
}

TEST_F(GuestPlanTest, WaitsForMeasurementsThatAgree) {
  mail_.SetClock(absl::Seconds(6));
  fleet_.SendEvent("mail");
  fleet_.Run(absl::Seconds(21));
  ASSERT_EQ(fleet_.row("mail")->verdict, Verdict::kWrong);
  EXPECT_THAT(RailsOf(Planned().plan.objections), Contains(Rail::kSamples));
  fleet_.Run(absl::Seconds(15));
  const GuestPlan made = Planned();
  EXPECT_THAT(RailsOf(made.plan.objections), ElementsAre(Rail::kAgent));
  EXPECT_EQ(made.plan.otherwise, PlanWay::kQuiescedStep);
  EXPECT_LT(absl::AbsDuration(made.plan.amount + absl::Seconds(6)),
            absl::Milliseconds(1));
  // Nobody said that it may be corrected.
  EXPECT_THAT(RailsOf(made.by_order), ElementsAre(Rail::kMode));
  EXPECT_THAT(RailsOf(made.by_itself), ElementsAre(Rail::kMode));
}

TEST_F(GuestPlanTest, WaitsAMinuteAfterAPause) {
  mail_.SetClock(absl::Seconds(6));
  fleet_.Run(absl::Seconds(41));
  EXPECT_THAT(RailsOf(Planned().plan.objections),
              Not(Contains(Rail::kUnpaused)));
  fleet_.domain("mail").state = DomainState::kPaused;
  fleet_.Tell();
  fleet_.Run(absl::Seconds(1));
  EXPECT_THAT(RailsOf(Planned().plan.objections), Contains(Rail::kSuspended));
  fleet_.domain("mail").state = DomainState::kRunning;
  fleet_.Tell();
  fleet_.Run(absl::Seconds(50));
  EXPECT_THAT(RailsOf(Planned().plan.objections), Contains(Rail::kUnpaused));
  fleet_.Run(absl::Seconds(11));
  EXPECT_THAT(RailsOf(Planned().plan.objections), ElementsAre(Rail::kAgent));
}

TEST_F(GuestPlanTest, KnowsWhatTheGuestsServicesDo) {
  mail_.obey = [](const Order&) {
    OperationStatus status;
    ServiceStatus dovecot;
    dovecot.unit = "dovecot.service";
    dovecot.role = ServiceRole::kMailStore;
    dovecot.state = ServiceState::kActive;
    status.services.push_back(dovecot);
    return status;
  };
  mail_.SetClock(absl::Seconds(6));
  fleet_.Run(absl::Seconds(70));
  const GuestPlan made = Planned();
  EXPECT_EQ(made.plan.way, PlanWay::kQuiescedStep);
  ASSERT_EQ(made.plan.cost.rests.size(), 1u);
  EXPECT_EQ(made.plan.cost.rests[0].unit, "dovecot.service");
  // Nobody takes orders any more.
  mail_.obey = [](const Order&) {
    return absl::FailedPreconditionError("there is no noonmark-corrector");
  };
  fleet_.Run(absl::Seconds(70));
  EXPECT_THAT(RailsOf(Planned().plan.objections), ElementsAre(Rail::kAgent));
  EXPECT_EQ(Planned().plan.objections[0].why,
            "Its agent takes no orders: there is no noonmark-corrector.");
}

TEST_F(GuestPlanTest, RefusesOnAHostThatNothingProves) {
  VirtualFleet fleet{MonitorOptions()};
  VirtualGuest& guest = fleet.AddGuest("mail");
  fleet.Tell();
  guest.SetClock(absl::Seconds(6));
  fleet.Run(absl::Seconds(61));
  const GuestPlan made =
      PlanFor(*fleet.row("mail"), *fleet.snapshot(), fleet.host().Read());
  EXPECT_THAT(RailsOf(made.plan.objections), Contains(Rail::kHostUnproven));
}

}  // namespace
}  // namespace noonmark
