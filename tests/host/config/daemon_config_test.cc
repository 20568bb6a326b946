#include "host/config/daemon_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

class DaemonConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<DaemonConfig> Load(const std::string& text) {
    const std::string path = directory_.path() + "/noonmarkd.toml";
    std::ofstream(path) << text;
    return LoadDaemonConfig(path);
  }
  TemporaryDirectory directory_;
};

TEST_F(DaemonConfigTest, HasTheDocumentedDefaults) {
  const absl::StatusOr<DaemonConfig> config = DefaultDaemonConfig();
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->listen, "unix:/run/noonmark/read.sock");
  EXPECT_EQ(config->libvirt.uri, "xen:///system");
  EXPECT_EQ(config->monitor.session.interval, absl::Seconds(5));
  EXPECT_EQ(config->monitor.session.burst, 8);
  EXPECT_EQ(config->monitor.session.stale_after, 3);
  EXPECT_EQ(config->monitor.host.trust, HostTrust::kProven);
  EXPECT_EQ(config->chrony.chronyc, "/usr/bin/chronyc");
  EXPECT_EQ(config->monitor.assessor.tracker.thresholds.warning,
            absl::Milliseconds(500));
  EXPECT_EQ(config->monitor.assessor.tracker.thresholds.fault,
            absl::Seconds(2));
  EXPECT_FALSE(config->monitor.host_name.empty());
}

TEST_F(DaemonConfigTest, TakesEveryKey) {
  const absl::StatusOr<DaemonConfig> config = Load(R"(
[daemon]
listen = "unix:/tmp/n.sock"
[libvirt]
uri = "qemu:///system"
refresh = "10s"
[host]
name = "dom0-a"
trust = "declared"
chronyc = "/opt/bin/chronyc"
[poll]
interval = "1s"
burst = 4
stale_after = 5
[judge]
warning = "100ms"
fault = "1s"
rate_warning_ppm = 50
rate_baseline = "10s"
[group.mail]
warning = "50ms"
[group."data bases"]
warning = "2s"
fault = "10s"
[guest.archive]
intended_offset = "-1h"
[guest."0F0E0D0C-0000-4000-8000-000000000001"]
intended_offset = "90s"
[unjudged]
percent = 0
after = "1h"
)");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->listen, "unix:/tmp/n.sock");
  EXPECT_EQ(config->libvirt.uri, "qemu:///system");
  EXPECT_EQ(config->monitor.libvirt_uri, "qemu:///system");
  EXPECT_EQ(config->libvirt.refresh, absl::Seconds(10));
  EXPECT_EQ(config->monitor.host_name, "dom0-a");
  EXPECT_EQ(config->monitor.host.trust, HostTrust::kDeclared);
  EXPECT_EQ(config->chrony.chronyc, "/opt/bin/chronyc");
  const SessionOptions& session = config->monitor.session;
  EXPECT_EQ(session.interval, absl::Seconds(1));
  EXPECT_EQ(session.burst, 4);
  EXPECT_EQ(session.stale_after, 5);
  EXPECT_EQ(config->monitor.assessor.tracker.thresholds.warning,
            absl::Milliseconds(100));
  EXPECT_EQ(config->monitor.host.thresholds.fault, absl::Seconds(1));
  EXPECT_EQ(config->monitor.assessor.rate_warning_ppm, 50);
  EXPECT_EQ(config->monitor.assessor.tracker.rate_baseline, absl::Seconds(10));
  EXPECT_EQ(config->monitor.host.unjudged.percent, 0);
  EXPECT_EQ(config->monitor.host.unjudged.after, absl::Hours(1));
}

TEST_F(DaemonConfigTest, JudgesGroupsAndGuestsAsTheyAreNamed) {
  const absl::StatusOr<DaemonConfig> config = Load(R"(
[group.mail]
warning = "50ms"
[group."data bases"]
warning = "5s"
fault = "10s"
[guest.archive]
intended_offset = "-1h"
[guest.Archive]
[guest."0F0E0D0C-0000-4000-8000-000000000001"]
intended_offset = "90s"
)");
  ASSERT_THAT(config, IsOk());
  const auto policy = [&config](const char* uuid, const char* name,
                                const char* group) {
    Domain domain;
    domain.uuid = uuid;
    domain.name = name;
    domain.group = group;
    return config->monitor.policies.Of(
        domain, config->monitor.assessor.tracker.thresholds);
  };
  const char* other = "0f0e0d0c-0000-4000-8000-000000000002";
  EXPECT_EQ(policy(other, "a", "mail").thresholds.warning,
            absl::Milliseconds(50));
  EXPECT_EQ(policy(other, "a", "mail").thresholds.fault, absl::Seconds(2));
  EXPECT_EQ(policy(other, "a", "data bases").thresholds.fault,
            absl::Seconds(10));
  EXPECT_EQ(policy(other, "a", "").thresholds.warning, absl::Milliseconds(500));
  EXPECT_EQ(policy(other, "a", "x").thresholds.warning,
            absl::Milliseconds(500));
  EXPECT_EQ(policy(other, "a", "").intended_offset, absl::ZeroDuration());
  EXPECT_EQ(policy(other, "archive", "").intended_offset, -absl::Hours(1));
  EXPECT_EQ(policy(other, "Archive", "").intended_offset, absl::ZeroDuration());
  EXPECT_EQ(policy("0f0e0d0c-0000-4000-8000-000000000001", "archive", "")
                .intended_offset,
            absl::Seconds(90));
}

TEST_F(DaemonConfigTest, NamesTheLineOfEachFault) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"[pol]\ninterval = \"5s\"\n", "noonmarkd.toml:1"},
      {"[poll]\ninterval = 5\n", "noonmarkd.toml:2"},
      {"[poll]\ninterval = \"100ms\"\n", "must be from 1s to 1h"},
      {"[poll]\nburst = 17\n", "noonmarkd.toml:2"},
      {"[host]\ntrust = \"yes\"\n", "noonmarkd.toml:2"},
      {"[host]\nchronyc = \"chronyc\"\n", "must be an absolute path"},
      {"[libvirt]\nuri = \"\"\n", "must not be empty"},
      {"[daemon]\nlisten = \"0.0.0.0:7400\"\n", "must be unix:PATH"},
      {"[daemon]\nlisten = \"nowhere\"\n", "noonmarkd.toml:2"},
      {"[judge]\nwarning = \"3s\"\n", ""},
      {"[judge]\nwarning = \"3s\"\nfault = \"2s\"\n",
       "must not be less than judge.warning"},
      {"[group.mail]\nwarning = \"3s\"\n", "noonmarkd.toml:1"},
      {"[group.mail]\nwarn = \"3s\"\n", "noonmarkd.toml:2"},
      {"[group]\nwarning = \"3s\"\n", "must be a table"},
      {"[guest.a]\nintended_offset = \"25h\"\n", "noonmarkd.toml:2"},
      {"[guest.a]\nwarning = \"3s\"\n", "unknown key"},
      {"[unjudged]\npercent = 101\n", "noonmarkd.toml:2"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(Load(c.text),
                StatusIs(absl::StatusCode::kInvalidArgument, c.message));
  }
}

TEST_F(DaemonConfigTest, SaysThatAFileIsMissing) {
  EXPECT_THAT(LoadDaemonConfig(directory_.path() + "/none.toml"),
              StatusIs(absl::StatusCode::kNotFound, "none.toml"));
}

}  // namespace
}  // namespace noonmark
