#include "host/config/daemon_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

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
  EXPECT_EQ(config->operate, "unix:/run/noonmark/operator.sock");
  EXPECT_EQ(config->operators, "noonmark-operator");
  EXPECT_EQ(config->network, "");
  EXPECT_THAT(config->orderers, ::testing::IsEmpty());
  EXPECT_EQ(config->pki, "/etc/noonmark/pki");
  EXPECT_EQ(config->reload, absl::Seconds(60));
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
operate = "unix:/tmp/o.sock"
operators = "wheel"
network = "192.0.2.1:7321"
orderers = ["alice", "bob"]
[pki]
folder = "/srv/pki"
reload = "5s"
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
  EXPECT_EQ(config->operate, "unix:/tmp/o.sock");
  EXPECT_EQ(config->operators, "wheel");
  EXPECT_EQ(config->network, "192.0.2.1:7321");
  EXPECT_THAT(config->orderers, ::testing::ElementsAre("alice", "bob"));
  EXPECT_EQ(config->pki, "/srv/pki");
  EXPECT_EQ(config->reload, absl::Seconds(5));
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

TEST_F(DaemonConfigTest, CorrectsNothingUnlessToldTo) {
  const absl::StatusOr<DaemonConfig> config = Load("");
  ASSERT_THAT(config, IsOk());
  const CorrectionPolicy policy =
      config->correction.policies.Of("u", "mail-1", "mail");
  EXPECT_EQ(policy.rails.mode, CorrectionMode::kObserve);
  EXPECT_EQ(policy.rails.group_slots, 1);
  EXPECT_EQ(policy.limits.lease, absl::Seconds(120));
  EXPECT_EQ(policy.limits.hold_max, absl::ZeroDuration());
  EXPECT_EQ(policy.limits.slew_max, absl::Milliseconds(450));
  EXPECT_EQ(policy.limits.cap, absl::Hours(24));
  EXPECT_EQ(config->correction.rails.budget_short, absl::Minutes(10));
  EXPECT_EQ(config->correction.rails.budget_most, 3);
  EXPECT_EQ(config->correction.state, "/var/lib/noonmark");
}

TEST_F(DaemonConfigTest, CorrectsGroupsAndGuestsAsTheyAreNamed) {
  const absl::StatusOr<DaemonConfig> config = Load(R"(
[correct]
mode = "advise"
windows = ["01:00-05:00", "Sat,Sun 22:00-06:00"]
cap = "1h"
slew_max = "100ms"
lease = "90s"
hold_max = "10s"
slots = 3
pause = "20m"
per_day = 2
fleet_percent = 10
failed_resumes = 1
flagged_percent = 30
state = "/srv/noonmark"
[group.mail]
[group.mail.correct]
mode = "correct"
windows = []
slots = 2
[guest.mail-1.correct]
mode = "observe"
lease = "60s"
[guest."0F0E0D0C-0000-4000-8000-000000000001".correct]
hold_max = "0s"
)");
  ASSERT_THAT(config, IsOk());
  const CorrectionPolicies& policies = config->correction.policies;
  const CorrectionPolicy usual = policies.Of("u", "web-1", "web");
  EXPECT_EQ(usual.rails.mode, CorrectionMode::kAdvise);
  EXPECT_EQ(usual.rails.windows.size(), 2u);
  EXPECT_EQ(usual.rails.group_slots, 3);
  EXPECT_EQ(usual.limits.cap, absl::Hours(1));
  EXPECT_EQ(usual.limits.slew_max, absl::Milliseconds(100));
  EXPECT_EQ(usual.limits.lease, absl::Seconds(90));
  EXPECT_EQ(usual.limits.hold_max, absl::Seconds(10));
  const CorrectionPolicy of_group = policies.Of("u", "mail-2", "mail");
  EXPECT_EQ(of_group.rails.mode, CorrectionMode::kCorrect);
  EXPECT_TRUE(of_group.rails.windows.empty());
  EXPECT_EQ(of_group.rails.group_slots, 2);
  EXPECT_EQ(of_group.limits.lease, absl::Seconds(90));
  const CorrectionPolicy of_guest = policies.Of("u", "mail-1", "mail");
  EXPECT_EQ(of_guest.rails.mode, CorrectionMode::kObserve);
  EXPECT_EQ(of_guest.limits.lease, absl::Seconds(60));
  EXPECT_EQ(policies.Of("0f0e0d0c-0000-4000-8000-000000000001", "x", "")
                .limits.hold_max,
            absl::ZeroDuration());
  const RailLimits& rails = config->correction.rails;
  EXPECT_EQ(rails.budget_short, absl::Minutes(20));
  EXPECT_EQ(rails.budget_most, 2);
  EXPECT_EQ(rails.fleet_percent, 10);
  EXPECT_EQ(rails.failed_resumes, 1);
  EXPECT_EQ(rails.flagged_percent, 30);
  EXPECT_EQ(config->correction.state, "/srv/noonmark");
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
      {"[daemon]\noperate = \"unix:/run/noonmark/read.sock\"\n",
       "must be another socket"},
      {"[judge]\nwarning = \"3s\"\n", ""},
      {"[judge]\nwarning = \"3s\"\nfault = \"2s\"\n",
       "must not be less than judge.warning"},
      {"[group.mail]\nwarning = \"3s\"\n", "noonmarkd.toml:1"},
      {"[group.mail]\nwarn = \"3s\"\n", "noonmarkd.toml:2"},
      {"[group]\nwarning = \"3s\"\n", "must be a table"},
      {"[guest.a]\nintended_offset = \"25h\"\n", "noonmarkd.toml:2"},
      {"[guest.a]\nwarning = \"3s\"\n", "unknown key"},
      {"[unjudged]\npercent = 101\n", "noonmarkd.toml:2"},
      {"[correct]\nmode = \"yes\"\n", "noonmarkd.toml:2"},
      {"[correct]\nwindows = [\"1:00-2:00\"]\n", "is no window"},
      {"[correct]\ncap = \"25h\"\n", "must be from 1s to 24h"},
      {"[correct]\nslew_max = \"451ms\"\n", "noonmarkd.toml:2"},
      {"[correct]\nlease = \"601s\"\n", "must be from 30s to 10m"},
      {"[correct]\nhold_max = \"181s\"\n", "noonmarkd.toml:2"},
      {"[correct]\nper_day = 4\n", "noonmarkd.toml:2"},
      {"[correct]\npause = \"9m\"\n", "noonmarkd.toml:2"},
      {"[correct]\nstate = \"here\"\n", "must be an absolute path"},
      {"[guest.a.correct]\nslots = 2\n", "unknown key"},
      {"[group.a.correct]\npause = \"1h\"\n", "unknown key"},
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

TEST_F(DaemonConfigTest, ListensOnOneAddressOfANetworkAlone) {
  for (const auto& [network, why] :
       std::vector<std::pair<std::string, std::string>>{
           {"0.0.0.0:7321", "every network"},
           {"[::]:7321", "every network"},
           {"dom0-a:7321", "must be IP:PORT"},
           {"unix:/a", "must be IP:PORT"},
           {"7321", "must be unix:PATH, HOST:PORT"}}) {
    EXPECT_THAT(Load("[daemon]\nnetwork = \"" + network + "\"\n"),
                StatusIs(absl::StatusCode::kInvalidArgument, why))
        << network;
  }
  EXPECT_THAT(Load("[daemon]\norderers = [\"a b\"]\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, "orderers"));
  EXPECT_THAT(Load("[pki]\nfolder = \"pki\"\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, "absolute path"));
  EXPECT_THAT(Load("[pki]\nreload = \"0s\"\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, "reload"));
}

}  // namespace
}  // namespace noonmark
