#include "host/monitor/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Behaviour;
using ::noonmark::testing::VirtualFleet;
using ::noonmark::testing::VirtualGuest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

MonitorOptions Declared() {
  MonitorOptions options;
  options.host_name = "dom0-a";
  options.host.trust = HostTrust::kDeclared;
  return options;
}

std::vector<std::string> Codes(const GuestRow& row) {
  std::vector<std::string> codes;
  for (const Finding& finding : row.findings) {
    codes.emplace_back(CodeName(finding.code));
  }
  return codes;
}

const Finding* Find(const std::vector<Finding>& findings, FindingCode code) {
  for (const Finding& finding : findings) {
    if (finding.code == code) return &finding;
  }
  return nullptr;
}

// Two guests, well known to the monitor.
class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest() { Settle(); }

  void Settle() {
    fleet_.Tell();
    fleet_.Run(absl::Seconds(11));
  }
  const GuestRow& Row(const std::string& name) {
    row_ = fleet_.row(name);
    if (row_ == nullptr) {
      ADD_FAILURE() << "no row for " << name;
      row_ = std::make_shared<GuestRow>();
    }
    return *row_;
  }

  VirtualFleet fleet_{Declared()};
  VirtualGuest& mail_ = fleet_.AddGuest("mail");
  VirtualGuest& web_ = fleet_.AddGuest("web");
  std::shared_ptr<const GuestRow> row_;
};

TEST_F(MonitorTest, CallsSoundGuestsOkWithABoundThatHoldsTheTruth) {
  const GuestRow& row = Row("mail");
  EXPECT_EQ(row.verdict, Verdict::kOk);
  EXPECT_THAT(Codes(row), IsEmpty());
  ASSERT_TRUE(row.offset.has_value());
  EXPECT_TRUE(row.offset->ContainsZero());
  EXPECT_LT(row.offset->Width(), absl::Microseconds(250));
}

TEST_F(MonitorTest, AsksABurstOfEightEveryFiveSeconds) {
  const int asked = mail_.asked;
  fleet_.Run(absl::Seconds(50));
  EXPECT_EQ(mail_.asked - asked, 80);
}

TEST_F(MonitorTest, NamesACounterJumpOf2To42) {
  mail_.clock.Leap(kTwoTo42);
  fleet_.Run(absl::Seconds(10));
  const GuestRow& row = Row("mail");
  EXPECT_EQ(row.verdict, Verdict::kWrong);
  ASSERT_THAT(Codes(row), ElementsAre("counter-jump"));
  ASSERT_NE(row.findings[0].signature, nullptr);
  EXPECT_EQ(row.findings[0].signature->name, "2^42 ns");
  EXPECT_TRUE(row.findings[0].size->Contains(kTwoTo42));
  EXPECT_EQ(Row("web").verdict, Verdict::kOk);
}

TEST_F(MonitorTest, CallsAOneReadingGlitchByItsNameAndNotWrong) {
  for (const bool at_received : {true, false}) {
    SCOPED_TRACE(at_received);
    (at_received ? web_.glitch_received : web_.glitch_sent) = kTwoTo42;
    for (int i = 0; i < 100; ++i) {
      fleet_.Run(absl::Milliseconds(100));
      ASSERT_NE(Row("web").verdict, Verdict::kWrong) << i;
    }
    EXPECT_THAT(Codes(Row("web")), ElementsAre("read-glitch"));
    EXPECT_EQ(Row("web").findings[0].signature->name, "2^42 ns");
    EXPECT_GT(Row("web").findings[0].size->lo, absl::Seconds(4398));
    EXPECT_EQ(Row("web").verdict, Verdict::kOk);
  }
}

// Every answer contradicts the one before: the questions must come to an end.
TEST_F(MonitorTest, JudgesAGuestWhoseProcessorsDisagree) {
  mail_.other_processor = absl::Seconds(3);
  const int asked = mail_.asked;
  fleet_.Run(absl::Minutes(1));
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("vcpu-disagreement"));
  EXPECT_EQ(Row("mail").verdict, Verdict::kUncertain);
  EXPECT_LE(mail_.asked - asked, 12 * 3 * 8);
}

TEST_F(MonitorTest, SeesThatAGuestStoodStill) {
  mail_.clock.Leap(absl::Seconds(-90));
  fleet_.Run(absl::Seconds(10));
  EXPECT_EQ(Row("mail").verdict, Verdict::kWrong);
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("stood-still"));
}

TEST_F(MonitorTest, NamesASetClockAndAtOnceWhenTheAgentTells) {
  fleet_.Run(absl::Seconds(1));
  mail_.SetClock(absl::Seconds(-6));
  fleet_.SendEvent("mail");
  fleet_.Run(absl::Milliseconds(50));
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("clock-set"));
  fleet_.Run(absl::Milliseconds(500));
  EXPECT_EQ(Row("mail").verdict, Verdict::kWrong);
  EXPECT_EQ(Row("mail").findings[0].discontinuities, 1);
}

TEST_F(MonitorTest, WarnsOfARateOf180PpmWhileTheVerdictIsStillOk) {
  mail_.clock.SetRateError(180'000);
  fleet_.Run(absl::Minutes(3));
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
  ASSERT_THAT(Codes(Row("mail")), ElementsAre("rate-fault"));
  EXPECT_EQ(Row("mail").findings[0].severity, Severity::kWarning);
}

TEST_F(MonitorTest, NamesARealTimeClockInLocalTime) {
  VirtualGuest& legacy = fleet_.AddGuest("legacy");
  legacy.clock.Step(absl::Hours(1));
  Settle();
  EXPECT_EQ(Row("legacy").verdict, Verdict::kWrong);
  EXPECT_THAT(Codes(Row("legacy")), ElementsAre("rtc-local-time"));
}

TEST_F(MonitorTest, HasARowForADomainWithoutAnAgent) {
  fleet_.AddGuest("lab");
  fleet_.domain("lab").address.clear();
  Settle();
  EXPECT_EQ(Row("lab").verdict, Verdict::kUnknown);
  EXPECT_THAT(Codes(Row("lab")), ElementsAre("no-agent"));
  EXPECT_LT(fleet_.host().Now() - Row("lab").verdict_since, absl::Seconds(12));
}

TEST_F(MonitorTest, SaysThatMetadataIsMalformed) {
  fleet_.AddGuest("lab");
  fleet_.domain("lab").address.clear();
  fleet_.domain("lab").metadata_error = "address: empty";
  Settle();
  EXPECT_EQ(Row("lab").findings[0].note, "address: empty");
}

TEST_F(MonitorTest, KeepsAVerdictUntilItIsStaleAndSaysThatTheAgentIsSilent) {
  mail_.behaviour = Behaviour::kIsSilent;
  fleet_.Run(absl::Seconds(9));
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
  fleet_.Run(absl::Seconds(12));
  EXPECT_EQ(Row("mail").verdict, Verdict::kUnknown);
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("agent-unreachable"));
  EXPECT_EQ(Row("web").verdict, Verdict::kOk);
}

TEST_F(MonitorTest, MeasuresAgainWhenTheAgentComesBack) {
  mail_.behaviour = Behaviour::kIsSilent;
  fleet_.Run(absl::Seconds(30));
  mail_.behaviour = Behaviour::kAnswers;
  fleet_.Run(absl::Minutes(1));
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
  ASSERT_THAT(Codes(Row("mail")), ElementsAre("agent-unreachable"));
  EXPECT_FALSE(Row("mail").findings[0].active);
}

TEST_F(MonitorTest, DialsAGuestThatRefusesLessAndLessOften) {
  VirtualGuest& down = fleet_.AddGuest("down");
  down.behaviour = Behaviour::kRefuses;
  Settle();
  EXPECT_THAT(Row("down").findings[0].note, HasSubstr("nobody listens"));
  EXPECT_LE(down.dials, 7);
  const int dials = down.dials;
  fleet_.Run(absl::Minutes(10));
  EXPECT_LE(down.dials - dials, 30);
  EXPECT_GE(down.dials - dials, 15);
}

TEST_F(MonitorTest, DistrustsNonsenseAndLetsTheOthersGoOn) {
  VirtualGuest& hostile = fleet_.AddGuest("hostile");
  hostile.behaviour = Behaviour::kTalksNonsense;
  Settle();
  EXPECT_THAT(Codes(Row("hostile")), ElementsAre("agent-untrusted"));
  EXPECT_EQ(Row("hostile").verdict, Verdict::kUnknown);
  const int asked = web_.asked;
  fleet_.Run(absl::Minutes(10));
  EXPECT_LE(hostile.dials, 10);
  EXPECT_EQ(web_.asked - asked, 8 * 120);
}

TEST_F(MonitorTest, DistrustsWhoOvertaxesTheWorkerThatAsksIt) {
  VirtualGuest& hostile = fleet_.AddGuest("hostile");
  hostile.behaviour = Behaviour::kOvertaxes;
  Settle();
  EXPECT_THAT(Codes(Row("hostile")), ElementsAre("agent-untrusted"));
  EXPECT_THAT(Row("hostile").findings[0].note, HasSubstr("it hung"));
  const int asked = web_.asked;
  fleet_.Run(absl::Minutes(10));
  EXPECT_LE(hostile.dials, 10);
  EXPECT_EQ(web_.asked - asked, 8 * 120);
}

// Whether it answers for a while before it fails makes no difference.
TEST_F(MonitorTest, AsksAnAgentThatFailsAgainAndAgainEverMoreSeldom) {
  VirtualGuest& breaks = fleet_.AddGuest("breaks");
  VirtualGuest& lies = fleet_.AddGuest("lies");
  fleet_.Tell();
  int broken = 0;
  for (int i = 0; i < 3600; ++i) {
    fleet_.Run(absl::Seconds(1));
    if (breaks.dials > broken) fleet_.Disconnect("breaks");
    broken = breaks.dials;
    // The first burst is answered, the next is not.
    const Finding* untrusted =
        Find(Row("lies").findings, FindingCode::kAgentUntrusted);
    lies.behaviour = untrusted != nullptr && untrusted->active
                         ? Behaviour::kAnswers
                         : Behaviour::kTalksNonsense;
  }
  EXPECT_LE(breaks.dials, 160);
  EXPECT_GE(breaks.dials, 100);
  EXPECT_LE(lies.dials, 14);
  EXPECT_GE(lies.dials, 7);
  EXPECT_GE(lies.asked, 8 * 7);
}

TEST_F(MonitorTest, AsksAGuestThatTellsOfSetsAllTheTimeWithinLimits) {
  const int asked = mail_.asked;
  for (int i = 0; i < 6000; ++i) {
    fleet_.SendEvent("mail");
    fleet_.Run(absl::Milliseconds(20));
  }
  // In 2 minutes: its polls, 100 for events at once, and one each second.
  EXPECT_LE(mail_.asked - asked, 8 * (24 + 100 + 120));
  EXPECT_GE(mail_.asked - asked, 8 * (100 + 110));
  // It makes up for it in time.
  fleet_.Run(absl::Minutes(2));
  mail_.SetClock(absl::Seconds(-6));
  fleet_.SendEvent("mail");
  fleet_.Run(absl::Milliseconds(150));
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("clock-set"));
}

TEST_F(MonitorTest, LetsAFewConnectAtATime) {
  MonitorOptions options = Declared();
  options.connecting_at_once = 2;
  VirtualFleet fleet(options);
  for (int i = 0; i < 40; ++i) fleet.AddGuest(absl::StrCat("g", i));
  fleet.Tell();
  fleet.Run(absl::Seconds(3));
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(fleet.row(absl::StrCat("g", i))->verdict, Verdict::kOk) << i;
  }
}

TEST_F(MonitorTest, MayEndWhileSomeConnectAndOthersWaitForIt) {
  MonitorOptions options = Declared();
  options.connecting_at_once = 2;
  VirtualFleet fleet(options);
  for (int i = 0; i < 40; ++i) fleet.AddGuest(absl::StrCat("g", i));
  fleet.Tell();
  fleet.Run(absl::Milliseconds(150));
  int dialled = 0;
  for (const auto& row : fleet.snapshot()->guests) {
    dialled += row->exchanges == 0 ? 0 : 1;
  }
  EXPECT_LT(dialled, 40);
}

TEST_F(MonitorTest, BlamesNoGuestForAStepOfTheHost) {
  fleet_.host().Step(absl::Seconds(30));
  fleet_.monitor().OnHostClockSet();
  for (int i = 0; i < 290; ++i) {
    fleet_.Run(absl::Seconds(1));
    ASSERT_EQ(Row("mail").verdict, Verdict::kSuspended) << i;
    ASSERT_EQ(Row("mail").reason, "host-stepped");
    ASSERT_THAT(Codes(Row("mail")), IsEmpty());
  }
  EXPECT_NE(Find(fleet_.snapshot()->findings, FindingCode::kHostStepped),
            nullptr);
}

TEST_F(MonitorTest, NoticesAStepOfTheHostBeforeAGuestIsJudgedByIt) {
  // Nobody tells: neither the kernel nor the 10 Hz look comes first.
  for (int i = 0; i < 50; ++i) {
    fleet_.Run(absl::Milliseconds(97 + i));
    fleet_.host().Step(absl::Seconds(10 + i));
    for (int k = 0; k < 100; ++k) {
      fleet_.Run(absl::Milliseconds(61));
      ASSERT_NE(Row("mail").verdict, Verdict::kWrong);
      ASSERT_THAT(Codes(Row("mail")), IsEmpty());
    }
  }
}

TEST_F(MonitorTest, FindsTheGuestThatTheHostsStepLeftBehind) {
  fleet_.host().Step(absl::Seconds(30));
  web_.SetClock(absl::Seconds(30));
  fleet_.Run(absl::Minutes(6));
  EXPECT_EQ(Row("mail").verdict, Verdict::kWrong);
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("left-behind-by-host-step"));
  EXPECT_EQ(Row("web").verdict, Verdict::kOk);
}

TEST_F(MonitorTest, TellsTheGuestsOwnStepFromTheHostsInOneGap) {
  fleet_.host().Step(absl::Seconds(30));
  mail_.SetClock(absl::Seconds(-6));
  fleet_.Run(absl::Seconds(20));
  const Finding* set = Find(Row("mail").findings, FindingCode::kClockSet);
  ASSERT_NE(set, nullptr);
  EXPECT_TRUE(set->size->Contains(absl::Seconds(-6)));
  EXPECT_TRUE(fleet_.snapshot()->findings[0].size->Contains(absl::Seconds(30)));
}

TEST_F(MonitorTest, CallsAGuestOfAnUnprovenHostDifferent) {
  MonitorOptions options = Declared();
  options.host.trust = HostTrust::kProven;
  VirtualFleet fleet(options);
  VirtualGuest& guest = fleet.AddGuest("mail");
  fleet.Tell();
  fleet.Run(absl::Seconds(11));
  guest.SetClock(absl::Seconds(-6));
  fleet.Run(absl::Seconds(11));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kDiffers);
  EXPECT_NE(Find(fleet.snapshot()->findings, FindingCode::kHostUnproven),
            nullptr);

  fleet.discipline() = KernelDiscipline();
  fleet.discipline()->max_error = absl::Milliseconds(20);
  fleet.discipline()->estimated_error = absl::Milliseconds(1);
  fleet.Run(absl::Seconds(11));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kWrong);
}

TEST(MonitorHostTest, LeansOnWhatChronydSays) {
  MonitorOptions options = Declared();
  options.host.trust = HostTrust::kProven;
  VirtualFleet fleet(options);
  VirtualGuest& guest = fleet.AddGuest("mail");
  fleet.Tell();
  fleet.Run(absl::Seconds(11));
  guest.SetClock(absl::Seconds(-6));
  fleet.Run(absl::Seconds(11));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kDiffers);

  const ClockReading asked = fleet.host().Read();
  ChronyReport report;
  report.asked = MonotonicTime::FromReading(asked.monotonic);
  report.realtime = asked.realtime;
  report.tracking = ChronyTracking();
  report.tracking->reference_id = 0xC0000201;
  report.tracking->stratum = 2;
  report.tracking->reference_time = asked.realtime - absl::Seconds(30);
  report.tracking->root_dispersion = absl::Milliseconds(1);
  report.tracking->leap = ChronyTracking::Leap::kNormal;
  fleet.monitor().OnChrony(report);
  fleet.Run(absl::Seconds(11));
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kWrong);
  EXPECT_THAT(fleet.snapshot()->trust_reason, HasSubstr("chronyd"));
  ASSERT_TRUE(fleet.snapshot()->bound.has_value());
  EXPECT_GT(*fleet.snapshot()->bound, absl::Milliseconds(1));
  EXPECT_LT(*fleet.snapshot()->bound, absl::Milliseconds(2));

  // It is not heard of any more.
  fleet.Run(absl::Minutes(1));
  EXPECT_FALSE(fleet.snapshot()->bound.has_value());
  EXPECT_EQ(fleet.row("mail")->verdict, Verdict::kDiffers);
}

TEST_F(MonitorTest, SuspendsAPausedGuestAndAsksAtOnceWhenItIsResumed) {
  mail_.behaviour = Behaviour::kIsSilent;
  fleet_.domain("mail").state = DomainState::kPaused;
  fleet_.monitor().OnLifecycle(
      {fleet_.domain("mail").uuid, LifecycleEvent::kSuspended, "paused"});
  fleet_.Run(absl::Minutes(2));
  EXPECT_EQ(Row("mail").verdict, Verdict::kSuspended);
  EXPECT_EQ(Row("mail").reason, "paused");
}

TEST_F(MonitorTest, ForgetsADomainThatIsGone) {
  fleet_.RemoveGuest("mail");
  fleet_.Tell();
  fleet_.Run(absl::Seconds(1));
  EXPECT_EQ(fleet_.row("mail"), nullptr);
  EXPECT_EQ(fleet_.snapshot()->guests.size(), 1u);
}

TEST_F(MonitorTest, StartsAnewAfterARebootAndDoesNotCallItAJump) {
  mail_.boot_id = "boot-2";
  mail_.clock.Leap(absl::Seconds(-500));
  mail_.clock.Step(absl::Seconds(500));
  fleet_.Run(absl::Seconds(11));
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
  EXPECT_THAT(Codes(Row("mail")), ElementsAre("rebooted"));
}

TEST_F(MonitorTest, KeepsTheDomainsWhenLibvirtIsLostAndSaysSo) {
  fleet_.monitor().OnConnection(absl::UnavailableError("socket gone"));
  fleet_.Run(absl::Seconds(30));
  EXPECT_EQ(fleet_.snapshot()->libvirt_error, "socket gone");
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
}

TEST_F(MonitorTest, DialsAnewAddressWhenTheMetadataChange) {
  mail_.behaviour = Behaviour::kRefuses;
  fleet_.AddGuest("moved");
  fleet_.domain("mail").address = "unix:/moved";
  fleet_.Tell();
  fleet_.Run(absl::Seconds(11));
  EXPECT_EQ(Row("mail").verdict, Verdict::kOk);
  EXPECT_EQ(Row("mail").domain.address, "unix:/moved");
}

TEST_F(MonitorTest, BearsAGuestThatFloodsItWithEvents) {
  const int asked = mail_.asked;
  const int others = web_.asked;
  for (int i = 0; i < 1000; ++i) {
    fleet_.SendEvent("mail");
    fleet_.Run(absl::Milliseconds(10));
  }
  EXPECT_LE(mail_.asked - asked, 8 * 10 * 11);
  EXPECT_GE(web_.asked - others, 16);
}

}  // namespace
}  // namespace noonmark
