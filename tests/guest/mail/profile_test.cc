#include "guest/mail/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::Field;

TEST(MayBeListedTest, TakesServicesSocketsAndInstancesOfTemplates) {
  for (const char* unit :
       {"dovecot.service", "dovecot.socket", "postfix@*.service",
        "postfix@-.service", "cyrus-imapd.service", "a.b_c:d.service",
        "systemd-timesyncd.service"}) {
    EXPECT_TRUE(MayBeListed(unit)) << unit;
  }
}

TEST(MayBeListedTest, RefusesWhatWouldLockEverybodyOut) {
  for (const char* unit :
       {"ssh.service", "sshd.service", "ssh.socket", "dbus.service",
        "dbus-broker.service", "systemd-journald.service",
        "systemd-timesyncd.socket", "systemd-logind.service",
        "noonmark-agent.service", "noonmark-hold.service", "polkit.service"}) {
    EXPECT_FALSE(MayBeListed(unit)) << unit;
  }
}

TEST(MayBeListedTest, RefusesWhatIsNoExactName) {
  for (const std::string& unit :
       {std::string(), std::string(".service"), std::string("dovecot"),
        std::string("multi-user.target"), std::string("mail.timer"),
        std::string("*.service"), std::string("post*.service"),
        std::string("postfix@*"), std::string("postfix@*.socket"),
        std::string("postfix@a*.service"), std::string("a/b.service"),
        std::string("a b.service"), std::string("a\nb.service"),
        std::string("a\0b.service", 11), std::string(65, 'a') + ".service"}) {
    EXPECT_FALSE(MayBeListed(unit)) << unit;
  }
}

class ProfileTest : public ::testing::Test {
 protected:
  absl::StatusOr<ServiceProfile> Load(const std::string& text) const {
    return LoadServiceProfile(folder_.Write("mine.toml", text));
  }
  TemporaryDirectory folder_;
};

TEST_F(ProfileTest, GivesWhatTheFileSays) {
  const auto profile = Load(R"(
[service]
role = "mail-transfer"
units = ["mine@*.service", "other.service"]
sockets = ["mine.socket"]
stop_limit = "2m"
ports = [25, 587]
[ready]
by = "sockets"
paths = ["/run/mine"]
limit = "5s"
settle = "3s"
kernel_tells = false
[after]
actions = ["unannounced", "before-start"]
)");
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->name, "mine");
  EXPECT_EQ(profile->role, ServiceRole::kMailTransfer);
  EXPECT_THAT(profile->units, ElementsAre("mine@*.service", "other.service"));
  EXPECT_THAT(profile->sockets, ElementsAre("mine.socket"));
  EXPECT_EQ(profile->stop_limit, absl::Minutes(2));
  EXPECT_THAT(profile->ports, ElementsAre(25, 587));
  EXPECT_EQ(profile->ready_by, ServiceProfile::ReadyBy::kSockets);
  EXPECT_THAT(profile->ready_paths, ElementsAre("/run/mine"));
  EXPECT_EQ(profile->ready_limit, absl::Seconds(5));
  EXPECT_EQ(profile->settle, absl::Seconds(3));
  EXPECT_FALSE(profile->kernel_tells);
  EXPECT_TRUE(profile->acts_before_start);
  EXPECT_FALSE(profile->acts_after_step);
  EXPECT_TRUE(profile->acts_when_unannounced);
}

TEST_F(ProfileTest, NeedsNothingButAUnit) {
  const auto profile = Load("service.units = ['mine.service']");
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->role, ServiceRole::kOther);
  EXPECT_EQ(profile->stop_limit, absl::Seconds(30));
  EXPECT_EQ(profile->ready_by, ServiceProfile::ReadyBy::kActive);
  EXPECT_TRUE(profile->kernel_tells);
  EXPECT_FALSE(profile->acts_after_step);
}

TEST_F(ProfileTest, TellsWhatIsWrongWithAFile) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {"[service]", "service.units: must name at least one"},
      {"service.units = ['ssh.service']",
       "1:17: service.units: \"ssh.service\" may not be stopped by noonmark"},
      {"service.units = ['mail.target']",
       "must be exact names that end in .service, not \"mail.target\""},
      {"service.units = ['a.service']\nservice.sockets = ['a.service']",
       "service.sockets: must be exact names that end in .socket"},
      {"service.units = ['a.service']\nservice.role = 'mail'",
       "service.role: must be"},
      {"service.units = ['a.service']\nservice.stop_limit = '1h'",
       "service.stop_limit: must be from 1s to 5m"},
      {"service.units = ['a.service']\nready.by = 'sockets'",
       "ready.paths: must name at least one"},
      {"service.units = ['a.service']\nready.paths = ['run/a']",
       "ready.paths: must be absolute, not \"run/a\""},
      {"service.units = ['a.service']\nafter.actions = ['reload']",
       "after.actions: must be \"before-start\", \"step\" or \"unannounced\""},
      {"service.units = ['a.service']\nstop = 1", "unknown key \"stop\""},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Load(c.text),
                StatusIs(absl::StatusCode::kInvalidArgument, c.part))
        << c.text;
  }
}

TEST_F(ProfileTest, IsNamedByItsFileAlone) {
  for (const char* file : {"Mine.toml", "a b.toml", ".toml", "mine.conf"}) {
    EXPECT_THAT(LoadServiceProfile(
                    folder_.Write(file, "service.units = ['a.service']")),
                StatusIs(absl::StatusCode::kInvalidArgument, "rename the file"))
        << file;
  }
}

TEST_F(ProfileTest, IsTheOperatorsWhereBothHaveOne) {
  folder_.Write("ours/a.toml", "service.units = ['a.service']");
  folder_.Write("ours/b.toml", "service.units = ['b.service']");
  folder_.Write("theirs/b.toml", "service.units = ['mine.service']");
  folder_.Write("theirs/notes.txt", "no profile");
  const auto profiles = LoadServiceProfiles(
      {folder_.Path("ours"), folder_.Path("nowhere"), folder_.Path("theirs")});
  ASSERT_THAT(profiles, IsOk());
  EXPECT_THAT(
      *profiles,
      ElementsAre(Field(&ServiceProfile::units, ElementsAre("a.service")),
                  Field(&ServiceProfile::units, ElementsAre("mine.service"))));
}

bool HasAction(const ServiceProfile& profile, const std::string& phase) {
  return std::filesystem::exists(std::string(NOONMARK_PROFILES "/../actions/") +
                                 profile.name + "-" + phase);
}

TEST(ShippedProfilesTest, AreEightAndNameTheActionsThatAreThere) {
  const auto profiles = LoadServiceProfiles({NOONMARK_PROFILES});
  ASSERT_THAT(profiles, IsOk());
  std::vector<std::string> names;
  for (const ServiceProfile& profile : *profiles) {
    names.push_back(profile.name);
    EXPECT_NE(profile.role, ServiceRole::kOther) << profile.name;
    EXPECT_EQ(profile.acts_before_start, HasAction(profile, "before-start"));
    EXPECT_EQ(profile.acts_after_step, HasAction(profile, "step"));
    EXPECT_EQ(profile.acts_when_unannounced, HasAction(profile, "unannounced"));
  }
  EXPECT_THAT(names, ElementsAre("chrony", "cyrus", "dovecot", "exim", "ntpsec",
                                 "openntpd", "postfix", "timesyncd"));
}

}  // namespace
}  // namespace noonmark
