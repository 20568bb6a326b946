// The main job with the real programs: noonmarkd, noonmark, and agents whose
// clocks go wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/runtime/kernel_discipline.h"
#include "tests/integration/quiet_socket.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

bool IsWrongBy(const v1::Guest& guest, const std::string& code) {
  return guest.verdict() == v1::VERDICT_WRONG && IsActive(guest, code);
}

TEST(FleetStoryTest, NamesEachOfTheDemosEightCases) {
  RealHost host;
  host.Configure("judge", "rate_baseline = \"5s\"\n");
  for (const char* guest : {"jumped", "misread", "paused", "set-back", "fast",
                            "local-time", "healthy"}) {
    host.AddGuest(guest);
  }
  host.AddGuest("no-agent", "");
  host.StartAgent("healthy");
  host.StartDemoAgent("fast", {"rate=180ppm"});
  host.StartDemoAgent("local-time", {"offset=+3600s"});
  host.StartDemoAgent("jumped", {"counter-jump=+4398046511104ns@5s"});
  host.StartDemoAgent("misread", {"glitch=+4398046511104ns@5s"});
  host.StartDemoAgent("paused", {"pause=90s@5s"});
  host.StartDemoAgent("set-back", {"set=-6s@5s"});
  host.Start();

  bool misread_was_wrong = false;
  host.WaitUntil([&](const v1::HostReport& report) {
    const v1::Guest& misread = RowOf(report, "misread");
    misread_was_wrong |= misread.verdict() == v1::VERDICT_WRONG;
    return IsWrongBy(RowOf(report, "jumped"), "counter-jump") &&
           FindingOf(misread, "read-glitch") != nullptr && IsOk(misread) &&
           IsWrongBy(RowOf(report, "paused"), "stood-still") &&
           IsWrongBy(RowOf(report, "set-back"), "clock-set") &&
           IsActive(RowOf(report, "fast"), "rate-fault") &&
           IsWrongBy(RowOf(report, "local-time"), "rtc-local-time") &&
           IsOk(RowOf(report, "healthy")) &&
           IsActive(RowOf(report, "no-agent"), "no-agent");
  });
  EXPECT_FALSE(misread_was_wrong);

  const Outcome report = host.Noonmark({"report", "--fail-on=wrong"});
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_EQ(report.err, "");
  for (
      const char* row : {
          "jumped  +wrong  +[+]4398\\.0[0-9]+ s  +±0\\.00[^\n]* counter-jump "
          "[^\n]*2\\^42 ns",
          "misread  +ok  [^\n]* read-glitch",
          "paused  +wrong  +-(90\\.0|89\\.9)[0-9]+ s  +±0\\.00[^\n]* "
          "stood-still",
          "set-back  +wrong  +-(6\\.0|5\\.9)[0-9]+ s  +±0\\.00[^\n]* clock-set",
          "fast  +ok  [^\n]* rate-fault",
          "local-time  +wrong  +[+]3(600\\.0|599\\.9)[0-9]+ s  +±0\\.00[^\n]* "
          "rtc-local-time",
          "healthy  +ok  +[+-]0\\.00[0-9]+ s  +±0\\.00[0-9]+ +[0-9]+ m?s  +-\n",
          "no-agent  +unknown  [^\n]* no-agent",
      }) {
    EXPECT_THAT(report.out, ContainsRegex(row));
  }
  EXPECT_THAT(host.Noonmark({"explain", "jumped"}).out,
              AllOf(HasSubstr("2^42 ns"), HasSubstr("+4398.046511")));
}

TEST(FleetStoryTest, TellsWhatOnlyAGuestsOwnHunterSaw) {
  RealHost host;
  host.AddGuest("spiked");
  host.StartDemoAgent("spiked", {"spike=+4398046511104ns@1s"});
  host.Start();
  bool was_wrong = false;
  host.WaitUntil("spiked", [&](const v1::Guest& guest) {
    was_wrong |= guest.verdict() == v1::VERDICT_WRONG;
    return FindingOf(guest, "read-glitch") != nullptr && IsOk(guest);
  });
  EXPECT_FALSE(was_wrong);
  EXPECT_THAT(host.Noonmark({"explain", "spiked"}).out,
              AllOf(HasSubstr("read-glitch (warning, over)"),
                    HasSubstr("2^42 ns = +4398.046511 s"),
                    HasSubstr("the guest's own hunter, on vCPU"),
                    HasSubstr("REALTIME_COARSE"), HasSubstr("how often"),
                    ContainsRegex("glitch hunter +[0-9]+ readings")));
}

TEST(FleetStoryTest, CallsAGuestOfAnUnprovenHostDifferentAndNeverWrong) {
  constexpr uint32_t kUnsynchronised = 0x0040;  // <linux/timex.h>
  const auto discipline = ReadKernelDiscipline();
  if (discipline.has_value() && (discipline->status & kUnsynchronised) == 0 &&
      discipline->max_error > absl::ZeroDuration()) {
    GTEST_SKIP() << "this machine's kernel bounds its clock's error, so that "
                    "its host is proven";
  }
  RealHost host;
  host.Configure("host", "name = \"dom0-a\"\nchronyc = \"\"\n");
  host.AddGuest("set-back");
  host.StartDemoAgent("set-back", {"set=-6s@2s"});
  host.Start();
  bool was_wrong = false;
  const v1::HostReport seen = host.WaitUntil([&](const v1::HostReport& report) {
    const v1::Guest& guest = RowOf(report, "set-back");
    was_wrong |= guest.verdict() == v1::VERDICT_WRONG;
    return guest.verdict() == v1::VERDICT_DIFFERS &&
           IsActive(guest, "clock-set");
  });
  EXPECT_FALSE(was_wrong);
  ASSERT_EQ(seen.host().findings_size(), 1);
  EXPECT_EQ(seen.host().findings(0).code(), "host-unproven");
  EXPECT_TRUE(seen.host().findings(0).active());
  const Outcome report = host.Noonmark({"report", "--fail-on=wrong"});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_THAT(report.out, AllOf(HasSubstr("dom0-a: its clock is unproven: "),
                                ContainsRegex("set-back  +differs  ")));
  EXPECT_EQ(host.Noonmark({"report", "--fail-on=differs"}).exit_code, 3);
}

TEST(FleetStoryTest, HasARowForEachDom0ThatIsDownOrHangs) {
  RealHost up("dom0-a");
  up.AddGuest("off");
  up.StartDemoAgent("off", {"offset=+10s"});
  up.Start();
  up.WaitUntil("off", [](const v1::Guest& guest) {
    return guest.verdict() == v1::VERDICT_WRONG;
  });
  const auto fleet = [&](const std::string& name, const std::string& others) {
    return up.folder().Write(name, absl::StrCat("[[host]]\nname = \"up\"\n"
                                                "address = \"",
                                                up.address(), "\"\n", others));
  };
  const auto report = [](const std::string& file) {
    return RunProgram({Program("noonmark"), "report", "--fail-on=wrong",
                       "--timeout=1s", "--fleet", file});
  };

  const Outcome alone = report(fleet("alone.toml", ""));
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_THAT(alone.out, ContainsRegex("up  +off  +wrong  "));

  const std::string down = up.folder().Path("down.sock");
  const QuietSocket hangs(up.folder().Path("hangs.sock"));
  const Outcome all = report(
      fleet("fleet.toml",
            absl::StrCat("[[host]]\nname = \"down\"\naddress = \"unix:", down,
                         "\"\n[[host]]\nname = \"hangs\"\naddress = \"unix:",
                         up.folder().Path("hangs.sock"), "\"\n")));
  EXPECT_EQ(all.exit_code, 4);
  EXPECT_THAT(all.out,
              AllOf(ContainsRegex("up  +off  +wrong  "),
                    ContainsRegex("down  +-  +nobody listens on unix:"),
                    ContainsRegex("hangs  +-  +no answer in 1 s"),
                    HasSubstr("1 guest on 1 of 3 hosts: 1 wrong")));
  EXPECT_EQ(all.err, "");
}

}  // namespace
}  // namespace noonmark::testing
