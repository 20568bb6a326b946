// What libvirt tells of domains, and what the monitor makes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "host/monitor/monitor.h"
#include "tests/support/virtual_fleet.h"

namespace noonmark {
namespace {

using ::noonmark::testing::Behaviour;
using ::noonmark::testing::VirtualFleet;
using ::noonmark::testing::VirtualGuest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MonitorOptions Declared() {
  MonitorOptions options;
  options.host.trust = HostTrust::kDeclared;
  return options;
}

class MonitoredLifeTest : public ::testing::Test {
 protected:
  MonitoredLifeTest() {
    fleet_.monitor().OnConnection(absl::OkStatus());
    fleet_.monitor().OnInput([this](const CoreInput& input) {
      if (const auto* told = std::get_if<LifecycleInput>(&input)) {
        told_.push_back(told->event);
      } else if (std::holds_alternative<GoneInput>(input)) {
        ++gone_;
      }
    });
    fleet_.Tell();
    fleet_.Run(absl::Seconds(11));
  }

  // An event, and the list that follows it.
  void Event(LifecycleEvent event,
             LifecycleCause cause = LifecycleCause::kOther) {
    fleet_.monitor().OnLifecycle({uuid_, event, "", cause});
    fleet_.domain("mail").state = event == LifecycleEvent::kSuspended
                                      ? DomainState::kPaused
                                      : DomainState::kRunning;
    fleet_.Tell();
  }
  std::vector<std::string> Codes() {
    std::vector<std::string> codes;
    const auto row = fleet_.row("mail");
    if (row == nullptr) return {"no row"};
    for (const Finding& finding : row->findings) {
      codes.emplace_back(CodeName(finding.code));
    }
    return codes;
  }

  VirtualFleet fleet_{Declared()};
  VirtualGuest& mail_ = fleet_.AddGuest("mail");
  const std::string uuid_ = fleet_.domain("mail").uuid;
  std::vector<LifeEvent> told_;
  int gone_ = 0;
};

TEST_F(MonitoredLifeTest, TellsTheCoreOfAPauseAndItsEnd) {
  Event(LifecycleEvent::kSuspended);
  fleet_.Run(absl::Seconds(1));
  Event(LifecycleEvent::kResumed);
  EXPECT_THAT(told_, ElementsAre(LifeEvent::kPaused, LifeEvent::kResumed,
                                 LifeEvent::kListedRunning));
  // For those who correct.
  fleet_.Run(absl::Seconds(1));
  EXPECT_TRUE(fleet_.row("mail")->unpaused.has_value());
}

TEST_F(MonitoredLifeTest, TellsTheCoreOfAMove) {
  Event(LifecycleEvent::kSuspended, LifecycleCause::kMigration);
  fleet_.Run(absl::Seconds(1));
  Event(LifecycleEvent::kResumed, LifecycleCause::kMigration);
  EXPECT_THAT(told_, ElementsAre(LifeEvent::kLeaving, LifeEvent::kArrived,
                                 LifeEvent::kListedRunning));
}

TEST_F(MonitoredLifeTest, TellsTheCoreOfWhatWasOnlyListed) {
  fleet_.domain("mail").state = DomainState::kPaused;
  fleet_.Tell();
  fleet_.Tell();
  fleet_.domain("mail").state = DomainState::kRunning;
  fleet_.Tell();
  EXPECT_THAT(told_,
              ElementsAre(LifeEvent::kListedPaused, LifeEvent::kListedRunning));
}

TEST_F(MonitoredLifeTest, ExplainsAPauseToTheReader) {
  mail_.behaviour = Behaviour::kIsSilent;
  Event(LifecycleEvent::kSuspended);
  fleet_.Run(absl::Seconds(90));
  mail_.clock.Leap(-absl::Seconds(90));
  mail_.behaviour = Behaviour::kAnswers;
  Event(LifecycleEvent::kResumed);
  fleet_.Run(absl::Seconds(30));
  ASSERT_EQ(Codes()[0], "stood-still");
  const std::vector<EvidenceLine> lines =
      EvidenceOf(fleet_.row("mail")->findings[0], absl::UnixEpoch());
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line.text ==
           "libvirt paused it for 90.0 s: expected on this hypervisor";
  }));
}

// libvirt lists it no more, and its clocks go on from the file.
TEST_F(MonitoredLifeTest, RemembersASavedGuestUntilItIsRestored) {
  const Domain domain = fleet_.domain("mail");
  fleet_.monitor().OnLifecycle(
      {uuid_, LifecycleEvent::kStopped, "saved", LifecycleCause::kSavedState});
  fleet_.Disconnect("mail");
  fleet_.monitor().OnDomains({});
  fleet_.Run(absl::Hours(1));
  EXPECT_EQ(fleet_.row("mail"), nullptr);
  EXPECT_EQ(gone_, 0);
  // While it ran nowhere the host's clocks went on, and Xen told it of that.
  mail_.clock.Leap(-absl::Hours(1));
  mail_.clock.Sleep(absl::Hours(1));
  fleet_.monitor().OnLifecycle({uuid_, LifecycleEvent::kStarted, "restored",
                                LifecycleCause::kSavedState});
  fleet_.Tell();
  fleet_.Run(absl::Seconds(20));
  EXPECT_THAT(told_, ElementsAre(LifeEvent::kSaved, LifeEvent::kRestored));
  EXPECT_THAT(Codes(), ElementsAre("caught-up"));
  EXPECT_EQ(fleet_.row("mail")->verdict, Verdict::kOk);
}

TEST_F(MonitoredLifeTest, CountsNoSavedGuestAsOneWithoutAVerdict) {
  fleet_.monitor().OnLifecycle(
      {uuid_, LifecycleEvent::kStopped, "saved", LifecycleCause::kSavedState});
  fleet_.monitor().OnDomains({});
  fleet_.Run(absl::Hours(2));
  for (const Finding& finding : fleet_.snapshot()->findings) {
    EXPECT_NE(finding.code, FindingCode::kUnjudgedGuests);
  }
}

TEST_F(MonitoredLifeTest, ForgetsASavedGuestThatNobodyRestores) {
  fleet_.monitor().OnLifecycle(
      {uuid_, LifecycleEvent::kStopped, "saved", LifecycleCause::kSavedState});
  fleet_.monitor().OnDomains({});
  fleet_.Run(absl::Hours(25));
  fleet_.monitor().OnDomains({});
  EXPECT_EQ(gone_, 1);
}

TEST_F(MonitoredLifeTest, ForgetsAGuestThatIsStoppedForGood) {
  fleet_.monitor().OnLifecycle({uuid_, LifecycleEvent::kStopped, "destroyed"});
  fleet_.monitor().OnDomains({});
  EXPECT_EQ(gone_, 1);
}

TEST_F(MonitoredLifeTest, TellsOfAnArrivalOnceTheGuestIsListed) {
  VirtualGuest& moved = fleet_.AddGuest("moved");
  const std::string uuid = fleet_.domain("moved").uuid;
  fleet_.monitor().OnLifecycle(
      {uuid, LifecycleEvent::kResumed, "migrated", LifecycleCause::kMigration});
  EXPECT_THAT(told_, IsEmpty());
  fleet_.Tell();
  EXPECT_THAT(told_, ElementsAre(LifeEvent::kArrived));
  EXPECT_EQ(moved.boot_id, "boot-1");
}

}  // namespace
}  // namespace noonmark
