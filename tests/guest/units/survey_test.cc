#include "guest/units/survey.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <string>
#include <vector>

#include "guest/units/systemd_units.h"
#include "tests/support/fake_systemd.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeSystemd;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

ServiceProfile Dovecot() {
  ServiceProfile profile;
  profile.name = "dovecot";
  profile.role = ServiceRole::kMailStore;
  profile.units = {"dovecot.service"};
  profile.sockets = {"dovecot.socket"};
  profile.ports = {143, 24};
  profile.stop_limit = absl::Seconds(90);
  return profile;
}

ServiceProfile Postfix() {
  ServiceProfile profile;
  profile.name = "postfix";
  profile.role = ServiceRole::kMailTransfer;
  profile.units = {"postfix@*.service"};
  profile.ports = {25};
  profile.acts_after_step = true;
  return profile;
}

class SurveyTest : public ::testing::Test {
 protected:
  SurveyTest() {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", systemd_.address().c_str(), 1);
  }
  ~SurveyTest() override { unsetenv("DBUS_SYSTEM_BUS_ADDRESS"); }

  absl::StatusOr<std::vector<SeenUnit>> Survey(
      const std::vector<std::string>& also = {}) {
    std::optional<absl::StatusOr<std::vector<SeenUnit>>> seen;
    SurveyServices(
        &units_, &profiles_, also, systemd_.proofs(),
        [&](absl::StatusOr<std::vector<SeenUnit>> s) { seen = std::move(s); });
    while (!seen.has_value()) loop_.RunOnce(absl::Minutes(1));
    return *seen;
  }
  SeenUnit SurveyOne() {
    const auto seen = Survey();
    EXPECT_THAT(seen, IsOk());
    EXPECT_EQ(seen->size(), 1u);
    return seen->at(0);
  }

  FakeSystemd systemd_;
  EventLoop loop_;
  SystemdUnits units_{&loop_};
  std::vector<ServiceProfile> profiles_ = {Dovecot(), Postfix()};
};

TEST_F(SurveyTest, SeesEveryInstanceWithWhatItsProfileSays) {
  systemd_.Add("dovecot.service", {.state = "active"});
  systemd_.Add("postfix@-.service", {.state = "active"});
  systemd_.Add("postfix@out.service", {.state = "activating"});
  const auto seen = Survey();
  ASSERT_THAT(seen, IsOk());
  ASSERT_EQ(seen->size(), 3u);
  EXPECT_EQ(seen->at(0).unit, "dovecot.service");
  EXPECT_EQ(seen->at(0).profile, "dovecot");
  EXPECT_EQ(seen->at(0).role, ServiceRole::kMailStore);
  EXPECT_EQ(seen->at(0).stop_limit, absl::Seconds(90));
  EXPECT_EQ(seen->at(0).state, ServiceState::kActive);
  EXPECT_TRUE(seen->at(0).has_processes);
  EXPECT_FALSE(seen->at(0).has_socket);
  EXPECT_EQ(seen->at(1).unit, "postfix@-.service");
  EXPECT_TRUE(seen->at(1).acts_after_step);
  EXPECT_EQ(seen->at(2).unit, "postfix@out.service");
  EXPECT_EQ(seen->at(2).state, ServiceState::kStarting);
  EXPECT_TRUE(seen->at(2).Runs());
}

TEST_F(SurveyTest, LeavesOutWhatIsNotInstalledButWhatIsAskedFor) {
  systemd_.Add("dovecot.service", {.is_installed = false});
  EXPECT_THAT(Survey(), IsOk());
  EXPECT_TRUE(Survey()->empty());
  // systemd has forgotten the instance that was stopped.
  systemd_.Add("postfix@out.service", {});
  EXPECT_TRUE(Survey()->empty());
  const auto seen = Survey({"postfix@out.service", "ssh.service"});
  ASSERT_THAT(seen, IsOk());
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(seen->at(0).unit, "postfix@out.service");
  EXPECT_TRUE(seen->at(0).AtRest());
}

TEST_F(SurveyTest, AServiceIsAtRestWithoutStateProcessAndPort) {
  systemd_.Add("dovecot.service", {});
  EXPECT_TRUE(SurveyOne().AtRest());
  systemd_.Add("dovecot.service", {.state = "failed"});
  EXPECT_TRUE(SurveyOne().AtRest());
  systemd_.Add("dovecot.service", {.state = "deactivating"});
  EXPECT_FALSE(SurveyOne().AtRest());
  systemd_.Add("dovecot.service", {.leaves_process = true});
  EXPECT_TRUE(SurveyOne().has_processes);
  EXPECT_FALSE(SurveyOne().AtRest());
  systemd_.Add("dovecot.service", {.ports = {24}, .leaves_port = true});
  EXPECT_TRUE(SurveyOne().listens);
  EXPECT_FALSE(SurveyOne().AtRest());
}

TEST_F(SurveyTest, ASocketUnitMayListenAndNobodyElse) {
  systemd_.Add("dovecot.service", {});
  systemd_.Add("dovecot.socket", {.state = "active", .ports = {143}});
  EXPECT_TRUE(SurveyOne().has_socket);
  EXPECT_TRUE(SurveyOne().AtRest());
  // Not at a port that is not the socket's.
  systemd_.Add("dovecot.service", {.ports = {24}, .leaves_port = true});
  EXPECT_FALSE(SurveyOne().AtRest());
  // A socket unit that does not run excuses nobody.
  systemd_.Add("dovecot.socket", {});
  systemd_.Add("dovecot.service", {.ports = {143}, .leaves_port = true});
  EXPECT_FALSE(SurveyOne().has_socket);
  EXPECT_FALSE(SurveyOne().AtRest());
}

TEST_F(SurveyTest, WhatCannotBeAskedIsNotKnown) {
  systemd_.Add("dovecot.service", {.state = "of a systemd to come"});
  EXPECT_FALSE(SurveyOne().known);
  EXPECT_FALSE(SurveyOne().AtRest());
  systemd_.bus().Kill();
  EXPECT_THAT(Survey(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(SurveyTest, MoreUnitsThanAStatusHoldsAreRefused) {
  for (size_t i = 0; i < kMostServices; ++i) {
    systemd_.Add("postfix@" + std::to_string(i) + ".service",
                 {.state = "active"});
  }
  EXPECT_THAT(Survey(), IsOk());
  systemd_.Add("dovecot.service", {.state = "active"});
  EXPECT_THAT(Survey(),
              StatusIs(absl::StatusCode::kResourceExhausted, "17 units"));
}

TEST_F(SurveyTest, OfNoProfileIsEmpty) {
  profiles_.clear();
  EXPECT_TRUE(Survey()->empty());
}

}  // namespace
}  // namespace noonmark
