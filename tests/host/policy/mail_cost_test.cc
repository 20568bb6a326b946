#include "host/policy/mail_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServiceStatus Service(const char* unit, ServiceRole role,
                      ServiceState state = ServiceState::kActive,
                      bool has_socket = false) {
  ServiceStatus service;
  service.unit = unit;
  service.role = role;
  service.state = state;
  service.has_socket = has_socket;
  return service;
}

std::vector<std::string> Units(const MailCost& cost) {
  std::vector<std::string> units;
  for (const RestingService& service : cost.rests)
    units.push_back(service.unit);
  return units;
}

TEST(MailCostTest, NamesWhatRunsInTheOrderInWhichItStops) {
  const MailCost cost = CostOfRest(
      {Service("chrony.service", ServiceRole::kTimeDaemon),
       Service("dovecot.service", ServiceRole::kMailStore),
       Service("postfix@-.service", ServiceRole::kMailTransfer),
       Service("exim4.service", ServiceRole::kMailTransfer,
               ServiceState::kInactive),
       Service("sieve.service", ServiceRole::kOther, ServiceState::kStarting),
       Service("dead.service", ServiceRole::kMailStore, ServiceState::kFailed)},
      absl::Seconds(120), absl::ZeroDuration());
  EXPECT_THAT(Units(cost), ElementsAre("sieve.service", "postfix@-.service",
                                       "dovecot.service", "chrony.service"));
  EXPECT_EQ(cost.lease, absl::Seconds(120));
  EXPECT_EQ(cost.hold, absl::ZeroDuration());
}

TEST(MailCostTest, AddsTheHoldToTheUsualTime) {
  const MailCost cost =
      CostOfRest({Service("dovecot.service", ServiceRole::kMailStore)},
                 absl::Seconds(120), absl::Seconds(6));
  const MailCost without =
      CostOfRest({Service("dovecot.service", ServiceRole::kMailStore)},
                 absl::Seconds(120), absl::ZeroDuration());
  EXPECT_EQ(cost.usual.lo - without.usual.lo, absl::Seconds(6));
  EXPECT_EQ(cost.usual.hi - without.usual.hi, absl::Seconds(6));
}

TEST(MailCostTest, SaysWhoWaitsAndWhoIsRefused) {
  const MailCost cost =
      CostOfRest({Service("dovecot.service", ServiceRole::kMailStore,
                          ServiceState::kActive, /*has_socket=*/true),
                  Service("postfix@-.service", ServiceRole::kMailTransfer),
                  Service("chrony.service", ServiceRole::kTimeDaemon)},
                 absl::Seconds(120), absl::ZeroDuration());
  EXPECT_THAT(
      cost.clients,
      ElementsAre(
          HasSubstr("sessions are ended properly"),
          HasSubstr("connects to dovecot.service meanwhile waits"),
          HasSubstr("connects to postfix@-.service meanwhile is refused")));
}

TEST(MailCostTest, IsNothingWhereNothingRuns) {
  const MailCost cost =
      CostOfRest({Service("dovecot.service", ServiceRole::kMailStore,
                          ServiceState::kInactive)},
                 absl::Seconds(120), absl::Seconds(6));
  EXPECT_THAT(cost.rests, IsEmpty());
  EXPECT_THAT(cost.clients, IsEmpty());
  EXPECT_EQ(cost.lease, absl::ZeroDuration());
  EXPECT_EQ(cost.usual, Interval());
}

}  // namespace
}  // namespace noonmark
