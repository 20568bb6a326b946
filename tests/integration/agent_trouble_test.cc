// Agents that stop, hang, or are none: their own row says so, and nobody
// else's changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "tests/integration/quiet_socket.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// A host with one guest that is well all the time, and one in trouble.
class FleetStoryAgentTest : public ::testing::Test {
 protected:
  void StartWith(const std::function<void()>& start_agent) {
    host_.AddGuest("well");
    host_.AddGuest("trouble");
    host_.StartAgent("well");
    start_agent();
    host_.Start();
  }
  // Waits until the trouble shows with `code`; until then and beyond, the
  // other guest is measured and ok.
  std::string WaitForTrouble(const std::string& code) {
    const v1::HostReport shown =
        host_.WaitUntil([&](const v1::HostReport& report) {
          const v1::Guest& guest = RowOf(report, "trouble");
          return guest.verdict() == v1::VERDICT_UNKNOWN &&
                 IsActive(guest, code);
        });
    WellGoesOn(RowOf(shown, "well").exchanges());
    const v1::Finding* finding = FindingOf(RowOf(shown, "trouble"), code);
    return finding == nullptr ? "" : finding->summary();
  }
  void WaitForOk() { host_.WaitUntil("trouble", IsOk); }
  void WellGoesOn(uint64_t measured) {
    host_.WaitUntil("well", [&](const v1::Guest& guest) {
      return IsOk(guest) && guest.exchanges() >= measured + 16;
    });
  }

  RealHost host_;
};

TEST_F(FleetStoryAgentTest, IsUnreachableWhileStoppedAndOkOnceStarted) {
  StartWith([this] { host_.StartAgent("trouble"); });
  WaitForOk();
  host_.agent("trouble").Signal(SIGTERM);
  EXPECT_EQ(host_.agent("trouble").Wait(), 0);
  EXPECT_THAT(
      WaitForTrouble("agent-unreachable"),
      HasSubstr("nobody listens on unix:" + host_.AgentSocket("trouble")));
  host_.StartAgent("trouble");
  WaitForOk();
}

TEST_F(FleetStoryAgentTest, GivesNoAnswerWhileItIsStoppedInTheMiddle) {
  StartWith([this] { host_.StartAgent("trouble"); });
  WaitForOk();
  host_.agent("trouble").Signal(SIGSTOP);
  EXPECT_THAT(WaitForTrouble("agent-unreachable"),
              HasSubstr("no answer for 3 polls"));
  host_.agent("trouble").Signal(SIGCONT);
  WaitForOk();
}

TEST_F(FleetStoryAgentTest, GivesNoAnswerOnceItIsSilent) {
  StartWith([this] { host_.StartDemoAgent("trouble", {"silent@1s"}); });
  EXPECT_THAT(WaitForTrouble("agent-unreachable"),
              HasSubstr("no answer for 3 polls"));
}

TEST_F(FleetStoryAgentTest, IsUntrustedOnceItTalksNonsense) {
  StartWith([this] { host_.StartDemoAgent("trouble", {"garbage@1s"}); });
  EXPECT_THAT(WaitForTrouble("agent-untrusted"),
              HasSubstr("a counter that runs back"));
}

TEST_F(FleetStoryAgentTest, IsUnreachableWhereAStrangerAcceptsAndSaysNothing) {
  const QuietSocket stranger(host_.AgentSocket("trouble"));
  StartWith([] {});
  EXPECT_THAT(WaitForTrouble("agent-unreachable"),
              AnyOf(HasSubstr("no connection to unix:"),
                    HasSubstr("cannot connect to unix:")));
}

TEST_F(FleetStoryAgentTest, IsUnreachableWhereAStrangerHangsUp) {
  const QuietSocket stranger(host_.AgentSocket("trouble"),
                             [](int) { return false; });
  StartWith([] {});
  EXPECT_NE(WaitForTrouble("agent-unreachable"), "");
}

TEST_F(FleetStoryAgentTest, IsUnreachableWhereAStrangerSpeaksNoHttp2) {
  const QuietSocket stranger(host_.AgentSocket("trouble"), [](int connection) {
    const std::string greeting = "SSH-2.0-OpenSSH_9.2p1\r\n";
    return write(connection, greeting.data(), greeting.size()) > 0;
  });
  StartWith([] {});
  EXPECT_NE(WaitForTrouble("agent-unreachable"), "");
}

}  // namespace
}  // namespace noonmark::testing
