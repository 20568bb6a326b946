// How far the host may be from UTC, as a chronyc tells it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <string>

#include "common/runtime/system_clock.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A host with a guest that is set back, and a chronyc of these lines of shell.
class HostBoundTest : public ::testing::Test {
 protected:
  void Start(const std::string& chronyc) {
    const std::string path =
        host_.folder().Write("chronyc", "#!/bin/sh\n" + chronyc + "\n");
    chmod(path.c_str(), 0700);
    host_.Configure("host", "name = \"dom0-a\"\nchronyc = \"" + path + "\"\n");
    host_.AddGuest("set-back");
    host_.StartDemoAgent("set-back", {"offset=-6s"});
    host_.Start();
  }
  RealHost host_;
};

TEST_F(HostBoundTest, IsChronydsWhereItHasASource) {
  // 12 us + 90 us + 222 us / 2, measured just now.
  Start(
      "[ \"$*\" = '-c -n tracking' ] || exit 1\n"
      "echo \"C0000201,192.0.2.1,3,$(date +%s).000000000,-0.000012000,"
      "0.000000016,0.000000244,-0.025,0.001,0.067,0.000222000,0.000090000,"
      "64.5,Normal\"");
  const v1::HostReport report = host_.WaitUntil([](const v1::HostReport& seen) {
    return RowOf(seen, "set-back").verdict() == v1::VERDICT_WRONG;
  });
  const v1::Host& host = report.host();
  EXPECT_EQ(host.trust(), v1::HOST_TRUST_PROVEN);
  EXPECT_TRUE(host.findings().empty());
  // A kernel that is disciplined may tell a better one.
  EXPECT_EQ(host.bound().seconds(), 0);
  EXPECT_LT(host.bound().nanos(), 100'000'000);
  EXPECT_THAT(host_.Noonmark({"explain", "set-back"}).out,
              AllOf(HasSubstr("is wrong"), HasSubstr("proven right to within"),
                    HasSubstr("0.000")));
}

TEST_F(HostBoundTest, KeepsNobodyWaitingWhileChronycHangs) {
  Start("sleep 60");
  host_.WaitUntil("set-back", [](const v1::Guest& guest) {
    return guest.verdict() == v1::VERDICT_DIFFERS ||
           guest.verdict() == v1::VERDICT_WRONG;
  });
  SystemClock clock;
  const MonotonicTime asked = clock.Now();
  host_.daemon().Signal(SIGTERM);
  EXPECT_EQ(host_.daemon().Wait(), 0);
  EXPECT_LT(clock.Now() - asked, QuickEnd());
}

}  // namespace
}  // namespace noonmark::testing
