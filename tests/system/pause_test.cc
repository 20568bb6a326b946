// A guest whose machine is stopped for a while.

#include <gtest/gtest.h>

#include <chrono>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/libvirt_daemon.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using std::chrono::steady_clock;

class PauseTest : public WatchedGuest {
 protected:
  // Each is between two moments.
  void Stop() {
    before_stop_ = steady_clock::now();
    guest_->Monitor("stop");
    after_stop_ = steady_clock::now();
  }
  void GoOn() {
    before_cont_ = steady_clock::now();
    guest_->Monitor("cont");
    after_cont_ = steady_clock::now();
  }
  // The guest has lost as much time as it was stopped for, and nothing else
  // happened to it.
  void ExpectStoodStill(const v1::Guest& row) const {
    const v1::Finding* stood = FindingOf(row, "stood-still");
    ASSERT_NE(stood, nullptr) << row.DebugString();
    EXPECT_LE(FromProto(stood->size().lo()),
              -absl::FromChrono(before_cont_ - after_stop_));
    EXPECT_GE(FromProto(stood->size().hi()),
              -absl::FromChrono(after_cont_ - before_stop_));
    for (const char* other :
         {"clock-set", "counter-jump", "caught-up", "read-glitch"}) {
      EXPECT_EQ(FindingOf(row, other), nullptr) << row.DebugString();
    }
  }

  steady_clock::time_point before_stop_, after_stop_;
  steady_clock::time_point before_cont_, after_cont_;
};

// Nobody tells libvirt: the machine was stopped behind its back.
TEST_F(PauseTest, IsTimeThatStoodStillForAsLongAsItTook) {
  Watch();
  Stop();
  const v1::Guest silent = WaitUntil([](const v1::Guest& row) {
    return row.verdict() == v1::VERDICT_UNKNOWN;
  });
  EXPECT_TRUE(IsActive(silent, "agent-unreachable")) << silent.DebugString();
  GoOn();
  ExpectStoodStill(WaitUntil(
      [](const v1::Guest& row) { return row.verdict() == v1::VERDICT_WRONG; }));

  // Put right by a step, it is ok again, and the step is told too.
  clock_->SetRight();
  const v1::Guest right = WaitUntil(IsOk);
  EXPECT_NE(FindingOf(right, "clock-set"), nullptr) << right.DebugString();
}

// As an operator pauses a domain: libvirt's events come with it. Its domain is
// called "test" here.
TEST_F(PauseTest, OfTheDomainSuspendsJudgementUntilItGoesOn) {
  LibvirtDaemon libvirt;
  const absl::Status started = libvirt.Start();
  ASSERT_TRUE(started.ok()) << started;
  host_.Configure("libvirt", absl::StrCat("uri = \"", libvirt.Uri(), "\"\n"));
  host_.Start();
  host_.WaitUntil("test", [](const v1::Guest& row) {
    return row.state() == v1::DOMAIN_STATE_RUNNING;
  });
  libvirt.Virsh(
      {"metadata", "test", "urn:noonmark:domain:1", "--key", "n", "--set",
       absl::StrCat("<guest address='unix:", guest_->AgentSocket(), "'/>")});
  host_.WaitUntil("test", IsOk);

  Stop();
  libvirt.Virsh({"suspend", "test"});
  // Long enough to make it wrong.
  const v1::Guest paused =
      RowOf(host_.WaitUntil([](const v1::HostReport& report) {
        const v1::Guest& row = RowOf(report, "test");
        return row.verdict() == v1::VERDICT_SUSPENDED &&
               report.published().seconds() >=
                   row.verdict_since().seconds() + 4;
      }),
            "test");
  EXPECT_EQ(paused.reason(), "paused");
  EXPECT_FALSE(IsActive(paused, "agent-unreachable")) << paused.DebugString();
  GoOn();
  libvirt.Virsh({"resume", "test"});
  ExpectStoodStill(host_.WaitUntil("test", [](const v1::Guest& row) {
    return row.verdict() == v1::VERDICT_WRONG;
  }));
}

}  // namespace
}  // namespace noonmark::testing
