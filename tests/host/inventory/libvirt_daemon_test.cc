// Against a real libvirtd, with a second client that does things to its domain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "host/inventory/hypervisor.h"
#include "tests/support/libvirt_daemon.h"
#include "tests/support/recording_observer.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::LibvirtDaemon;
using ::noonmark::testing::RecordingObserver;
using ::testing::HasSubstr;
using Told = RecordingObserver::Told;

// The domain that libvirt's test driver has by itself.
constexpr char kName[] = "test";
constexpr char kUuid[] = "6695eb01-f6a4-8304-79aa-97f2502e193f";

class LibvirtDaemonTest : public ::testing::Test {
 protected:
  // Watches without a list at intervals: only an event brings a new one.
  void SetUp() override {
    ASSERT_THAT(daemon_.Start(), IsOk());
    hypervisor_ =
        MakeLibvirtHypervisor({.uri = daemon_.Uri(),
                               .refresh = absl::Hours(1),
                               .retry_first = absl::Milliseconds(10),
                               .retry_longest = absl::Milliseconds(100)});
    hypervisor_->Start(&observer_);
    ASSERT_TRUE(observer_.WaitUntil([](const Told& told) {
      return told.Connected() && !told.lists.empty();
    })) << daemon_.Log();
    ASSERT_EQ(observer_.told().lists.back().size(), 1U);
  }

  // Until the newest list has the domain so. False: it never had.
  bool WaitForDomain(const std::function<bool(const Domain&)>& condition) {
    return observer_.WaitUntil([&](const Told& told) {
      return told.lists.back().size() == 1 && condition(told.lists.back()[0]);
    });
  }
  bool WaitForEvent(LifecycleEvent event, const std::string& detail,
                    LifecycleCause cause = LifecycleCause::kOther) {
    return observer_.WaitUntil([&](const Told& told) {
      for (const Lifecycle& lifecycle : told.events) {
        if (lifecycle.uuid == kUuid && lifecycle.event == event &&
            lifecycle.detail == detail && lifecycle.cause == cause) {
          return true;
        }
      }
      return false;
    });
  }

  LibvirtDaemon daemon_;
  RecordingObserver observer_;
  std::unique_ptr<Hypervisor> hypervisor_;
};

TEST_F(LibvirtDaemonTest, ListsTheDomain) {
  const Domain domain = observer_.told().lists.back()[0];
  EXPECT_EQ(domain.uuid, kUuid);
  EXPECT_EQ(domain.name, kName);
  EXPECT_EQ(domain.id, 1);
  EXPECT_EQ(domain.state, DomainState::kRunning);
  EXPECT_EQ(domain.address, "");
  EXPECT_EQ(domain.metadata_error, "");
}

TEST_F(LibvirtDaemonTest, TellsPauseAndResume) {
  daemon_.Virsh({"suspend", kName});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kSuspended, "paused"));
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.state == DomainState::kPaused; }));
  daemon_.Virsh({"resume", kName});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kResumed, "unpaused"));
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.state == DomainState::kRunning; }));
}

TEST_F(LibvirtDaemonTest, TellsDestructionAndStart) {
  daemon_.Virsh({"destroy", kName});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kStopped, "destroyed"));
  EXPECT_TRUE(observer_.WaitUntil(
      [](const Told& told) { return told.lists.back().empty(); }));
  daemon_.Virsh({"start", kName});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kStarted, "booted"));
  // The same domain under a new number.
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.uuid == kUuid && d.id > 1; }));
}

TEST_F(LibvirtDaemonTest, TellsSaveAndRestore) {
  const testing::TemporaryDirectory folder;
  daemon_.Virsh({"save", kName, folder.Path("saved")});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kStopped, "saved",
                           LifecycleCause::kSavedState));
  daemon_.Virsh({"restore", folder.Path("saved")});
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kStarted, "restored",
                           LifecycleCause::kSavedState));
  EXPECT_TRUE(WaitForDomain([](const Domain& d) { return d.id > 1; }));
}

TEST_F(LibvirtDaemonTest, ReadsMetadataWhenItChanges) {
  const auto set = [&](const std::string& element) {
    daemon_.Virsh({"metadata", kName, "urn:noonmark:domain:1", "--key", "n",
                   "--set", element});
  };
  set("<guest address='unix:/run/agent.sock' group='mail'/>");
  EXPECT_TRUE(WaitForDomain([](const Domain& d) {
    return d.address == "unix:/run/agent.sock" && d.group == "mail";
  }));
  EXPECT_TRUE(WaitForEvent(LifecycleEvent::kChanged, "metadata"));
  set("<guest address=''/>");
  EXPECT_TRUE(WaitForDomain([](const Domain& d) {
    return d.address.empty() && d.metadata_error == "address is empty";
  }));
  set(absl::StrCat("<guest address='h:1' x='", std::string(4096, 'x'), "'/>"));
  EXPECT_TRUE(WaitForDomain([](const Domain& d) {
    return d.metadata_error == "longer than 4096 bytes";
  }));
  daemon_.Virsh({"metadata", kName, "urn:noonmark:domain:1", "--remove"});
  EXPECT_TRUE(
      WaitForDomain([](const Domain& d) { return d.metadata_error.empty(); }));
}

TEST_F(LibvirtDaemonTest, SurvivesTheDaemonsEndAndReturn) {
  ::testing::internal::CaptureStderr();
  daemon_.Virsh({"suspend", kName});
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.state == DomainState::kPaused; }));

  daemon_.Kill();
  EXPECT_TRUE(
      observer_.WaitUntil([](const Told& told) { return !told.Connected(); }));
  // Attempts in vain are told, in libvirt's own words.
  EXPECT_TRUE(observer_.WaitUntil([](const Told& told) {
    return ::testing::Matches(HasSubstr("Failed to connect socket to"))(
        std::string(told.statuses.back().message()));
  }));
  const size_t lists = observer_.told().lists.size();

  ASSERT_THAT(daemon_.Start(), IsOk());
  EXPECT_TRUE(observer_.WaitUntil([&](const Told& told) {
    return told.Connected() && told.lists.size() > lists;
  })) << daemon_.Log();
  // A new libvirtd has its domain anew.
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.state == DomainState::kRunning; }));

  // It is watched, too.
  daemon_.Virsh({"suspend", kName});
  EXPECT_TRUE(WaitForDomain(
      [](const Domain& d) { return d.state == DomainState::kPaused; }));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(LibvirtDaemonTest, EndsWhileTheDaemonIsGone) {
  daemon_.Kill();
  EXPECT_TRUE(
      observer_.WaitUntil([](const Told& told) { return !told.Connected(); }));
  hypervisor_.reset();
}

}  // namespace
}  // namespace noonmark
