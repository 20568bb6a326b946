#include "host/cli/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/cli/fan_out.h"
#include "tests/host/cli/fake_daemon.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::DeafSocket;
using ::noonmark::testing::FakeDaemon;
using ::noonmark::testing::ReportWith;
using ::noonmark::testing::TemporaryDirectory;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Minutes(1);
constexpr absl::Duration kShort = absl::Milliseconds(50);
constexpr absl::Duration kBeat = absl::Milliseconds(5);

class FleetWatchTest : public ::testing::Test {
 protected:
  FleetWatchTest() { QuietGrpc(); }

  std::string Path(const std::string& name) { return directory_.Path(name); }
  Targets To(const std::vector<std::string>& names) {
    Targets targets;
    targets.fleet = true;
    targets.advice = "start it";
    for (const std::string& name : names) {
      targets.dom0s.push_back({name, "unix:" + Path(name)});
    }
    return targets;
  }
  // Looks until a host is as it should be; for ever, if it never is.
  template <typename Predicate>
  static v1::FleetHost Until(FleetWatch& watch, Predicate is_so) {
    for (;;) {
      const v1::FleetReport report = watch.Current();
      if (is_so(report.hosts(0))) return report.hosts(0);
      watch.Wait(kBeat);
    }
  }

  const TemporaryDirectory directory_;
};

bool IsWrong(const v1::FleetHost& host) {
  return host.report().guests_size() == 1 &&
         host.report().guests(0).verdict() == v1::VERDICT_WRONG;
}

TEST_F(FleetWatchTest, ShowsTheFirstReportAndEveryLaterOne) {
  FakeDaemon daemon;
  daemon.Publish(ReportWith("a", "g", v1::VERDICT_OK));
  daemon.Listen(Path("a"));
  FleetWatch watch(To({"a"}), kLong);
  watch.WaitForFirst();
  EXPECT_EQ(watch.Current().hosts(0).report().guests(0).verdict(),
            v1::VERDICT_OK);

  daemon.Publish(ReportWith("a", "g", v1::VERDICT_WRONG));
  Until(watch, IsWrong);
}

TEST_F(FleetWatchTest, ShowsThoseThatSayNothing) {
  const DeafSocket deaf(Path("a"));
  FleetWatch watch(To({"a", "b"}), kShort);
  watch.WaitForFirst();
  const v1::FleetReport report = watch.Current();
  EXPECT_EQ(report.hosts(0).error(), "no answer in 50 ms (deadline)");
  EXPECT_THAT(report.hosts(1).error(), HasSubstr("nobody listens on unix:"));
}

TEST_F(FleetWatchTest, SeesADaemonDieAndComeBack) {
  auto daemon = std::make_unique<FakeDaemon>();
  daemon->Publish(ReportWith("a", "g", v1::VERDICT_OK));
  daemon->Listen(Path("a"));
  FleetWatch watch(To({"a"}), kLong);
  watch.WaitForFirst();

  daemon->Die();
  const v1::FleetHost dead = Until(
      watch, [](const v1::FleetHost& host) { return !host.has_report(); });
  EXPECT_THAT(dead.error(), HasSubstr("nobody listens"));

  daemon = std::make_unique<FakeDaemon>();
  daemon->Publish(ReportWith("a", "g", v1::VERDICT_WRONG));
  daemon->Listen(Path("a"));
  Until(watch, IsWrong);
}

TEST_F(FleetWatchTest, CountsAgesOnWhileADaemonSaysNothing) {
  FakeDaemon daemon;
  v1::HostReport report = ReportWith("a", "g", v1::VERDICT_OK);
  report.mutable_guests(0)->mutable_age()->set_nanos(999'999'999);
  report.mutable_guests(0)->add_findings()->mutable_age()->set_seconds(60);
  daemon.Publish(report);
  daemon.Listen(Path("a"));
  FleetWatch watch(To({"a"}), kLong);
  watch.WaitForFirst();
  const v1::FleetHost later = Until(watch, [](const v1::FleetHost& host) {
    return host.report().guests(0).age().seconds() == 1;
  });
  EXPECT_GE(later.report().guests(0).findings(0).age().nanos(), 1);
}

TEST_F(FleetWatchTest, EndsWhileStreamsAreOpen) {
  FakeDaemon daemon;
  daemon.Listen(Path("a"));
  {
    FleetWatch watch(To({"a"}), kLong);
    daemon.WaitForWatchers(1);
  }
}

}  // namespace
}  // namespace noonmark::cli
