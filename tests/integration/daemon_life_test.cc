// noonmarkd's own troubles: killed, started twice, stopped under load, without
// libvirt.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/quiet_socket.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Sends the signal; how it ended, and how long that took.
struct End {
  int exit_code;
  absl::Duration after;
};
End EndBy(int signal, ChildProcess& program) {
  const auto start = std::chrono::steady_clock::now();
  program.Signal(signal);
  const int code = program.Wait();
  return {code, absl::FromChrono(std::chrono::steady_clock::now() - start)};
}

// A watcher that reads one report and then no more.
class Watch {
 public:
  explicit Watch(const RealHost& host) : stub_(host.Stub()) {
    context_.set_wait_for_ready(true);
    reports_ = stub_->WatchReport(&context_, {});
    v1::WatchReportResponse response;
    EXPECT_TRUE(reports_->Read(&response));
  }
  ~Watch() {
    context_.TryCancel();
    reports_->Finish();
  }

 private:
  std::unique_ptr<v1::FleetService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchReportResponse>> reports_;
};

class FleetStoryDaemonTest : public ::testing::Test {
 protected:
  void StartWithAgents(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = absl::StrCat("guest-", i);
      host_.AddGuest(name);
      host_.StartAgent(name);
    }
    host_.Start();
    WaitUntilAllAreOk(count);
  }
  void WaitUntilAllAreOk(int count) {
    host_.WaitUntil([&](const v1::HostReport& report) {
      int ok = 0;
      for (const v1::Guest& guest : report.guests()) ok += IsOk(guest) ? 1 : 0;
      return ok == count;
    });
  }
  // Stops it by each of the signals, while what `load` returns is there.
  void ExpectQuickEnds(const std::function<std::shared_ptr<void>()>& load) {
    for (const int signal : {SIGTERM, SIGINT}) {
      const std::shared_ptr<void> held = load();
      const End end = EndBy(signal, host_.daemon());
      EXPECT_EQ(end.exit_code, 0) << host_.daemon().output();
      EXPECT_LE(end.after, QuickEnd());
      EXPECT_FALSE(std::filesystem::exists(host_.socket()));
      EXPECT_FALSE(std::filesystem::exists(host_.socket() + ".lock"));
      if (signal == SIGTERM) host_.Start();
    }
  }

  RealHost host_;
};

TEST_F(FleetStoryDaemonTest, WorksAgainAfterItWasKilled) {
  StartWithAgents(2);
  host_.daemon().Signal(SIGKILL);
  EXPECT_EQ(host_.daemon().Wait(), -SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(host_.socket()));
  host_.Start();
  WaitUntilAllAreOk(2);
  EXPECT_THAT(host_.Noonmark({"report"}).out, HasSubstr("2 guests on 1 host"));
}

TEST_F(FleetStoryDaemonTest, RefusesASecondOnItsSocketAndGoesOn) {
  StartWithAgents(1);
  const auto second = host_.AnotherDaemon();
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_EQ(second->output(),
            absl::StrCat("noonmarkd: error: ", host_.address(),
                         ": another process listens there; stop it, or choose "
                         "another address\n"));
  const uint64_t measured =
      RowOf(host_.WaitUntil([](const v1::HostReport&) { return true; }),
            "guest-0")
          .exchanges();
  host_.WaitUntil("guest-0", [&](const v1::Guest& guest) {
    return IsOk(guest) && guest.exchanges() >= measured + 16;
  });
}

TEST_F(FleetStoryDaemonTest, EndsSoonWhenItIsToldTo) {
  StartWithAgents(1);
  ExpectQuickEnds([] { return nullptr; });
}

TEST_F(FleetStoryDaemonTest, EndsSoonWhileItIsWatched) {
  host_.AddGuest("flooding");
  std::vector<std::string> sets;
  for (int i = 0; i < 200; ++i) {
    sets.push_back(absl::StrCat("set=10ms@", 1000 + 50 * i, "ms"));
  }
  host_.StartDemoAgent("flooding", sets);
  StartWithAgents(4);
  ExpectQuickEnds([this] {
    auto watches = std::make_shared<std::vector<std::unique_ptr<Watch>>>();
    for (int i = 0; i < 30; ++i) {
      watches->push_back(std::make_unique<Watch>(host_));
    }
    return watches;
  });
}

TEST_F(FleetStoryDaemonTest, EndsSoonWhileLibvirtHangs) {
  const QuietSocket libvirt(host_.folder().Path("libvirt.sock"));
  host_.Configure("libvirt",
                  absl::StrCat("uri = \"test+unix:///default?socket=",
                               host_.folder().Path("libvirt.sock"), "\"\n"));
  host_.Start();
  // While nobody knows which guests there are, there is no report.
  const Outcome report = host_.Noonmark({"report"});
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_THAT(report.err, AllOf(StartsWith("noonmark: "),
                                HasSubstr("no word from libvirt yet")));
  ExpectQuickEnds([] { return nullptr; });
}

TEST_F(FleetStoryDaemonTest, EndsEachAgentSoon) {
  host_.AddGuest("plain");
  host_.AddGuest("silent");
  host_.StartAgent("plain");
  host_.StartDemoAgent("silent", {"silent@1s"});
  host_.Start();
  host_.WaitUntil("plain", IsOk);
  for (const std::string name : {"plain", "silent"}) {
    const End end = EndBy(SIGTERM, host_.agent(name));
    EXPECT_EQ(end.exit_code, 0) << name;
    EXPECT_LE(end.after, QuickEnd()) << name;
    EXPECT_FALSE(std::filesystem::exists(host_.AgentSocket(name)));
  }
}

TEST_F(FleetStoryDaemonTest, StaysUpWithoutLibvirtAndTellsItsWords) {
  host_.Configure("libvirt", "uri = \"test:///nowhere.xml\"\n");
  host_.Start();
  const std::string why = "failed to parse xml document '/nowhere.xml'";
  EXPECT_THAT(host_.daemon().ReadLineWith("no connection to libvirt at "),
              AllOf(HasSubstr("test:///nowhere.xml: "), HasSubstr(why)));
  host_.WaitUntil([&](const v1::HostReport& report) {
    return report.host().libvirt_error().find(why) != std::string::npos;
  });
  const Outcome report = host_.Noonmark({"report"});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_THAT(report.out,
              AllOf(HasSubstr("dom0-a: libvirt test:///nowhere.xml: "),
                    HasSubstr(why)));
  EXPECT_THAT(host_.Noonmark({"version"}).out, HasSubstr(why));
}

TEST_F(FleetStoryDaemonTest, SaysOnceThatLibvirtIsGoneHoweverOftenItTries) {
  std::promise<void> often;
  int tries = 0;
  const QuietSocket libvirt(host_.folder().Path("libvirt.sock"), [&](int) {
    if (++tries == 4) often.set_value();
    return false;
  });
  host_.Configure("libvirt",
                  absl::StrCat("uri = \"test+unix:///default?socket=",
                               host_.folder().Path("libvirt.sock"), "\"\n"));
  host_.Start();
  ASSERT_EQ(often.get_future().wait_for(std::chrono::minutes(1)),
            std::future_status::ready);
  const std::string log = host_.daemon().ReadWritten();
  const std::set<std::string> lines =
      absl::StrSplit(log, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, Each(HasSubstr("no connection to libvirt at ")));
  // libvirt's words depend on whether it reads or writes first.
  EXPECT_EQ(static_cast<size_t>(std::count(log.begin(), log.end(), '\n')),
            lines.size())
      << log;
}

TEST_F(FleetStoryDaemonTest, FindsItsGuestsOnceLibvirtIsThere) {
  host_.AddGuest("late");
  host_.StartAgent("late");
  host_.Start();
  host_.WaitUntil("late", IsOk);
  EndBy(SIGTERM, host_.daemon());
  const std::string file = host_.folder().Path("domains.xml");
  const std::string away = host_.folder().Path("away.xml");
  std::filesystem::rename(file, away);
  const auto daemon = host_.AnotherDaemon();
  EXPECT_NE(daemon->ReadLineWith("no connection to libvirt"), "");
  std::filesystem::rename(away, file);
  EXPECT_NE(daemon->ReadLineWith("connected to libvirt"), "");
  host_.WaitUntil("late", IsOk);
}

TEST_F(FleetStoryDaemonTest, TellsWhatIsWrongWithTheDomainsXml) {
  host_.folder().Write("bad.xml", "<node>\n<domain type='test'>\n");
  host_.Configure(
      "libvirt",
      absl::StrCat("uri = \"test://", host_.folder().Path("bad.xml"), "\"\n"));
  host_.Start();
  EXPECT_THAT(
      host_.daemon().ReadLineWith("no connection to libvirt at "),
      HasSubstr("bad.xml:3: Premature end of data in tag domain line 2; try"));
  EXPECT_THAT(host_.daemon().ReadWritten(), IsEmpty());
}

}  // namespace
}  // namespace noonmark::testing
