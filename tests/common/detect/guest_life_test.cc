// What libvirt told of a guest, and what is made of it.

#include "common/detect/guest_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::WatchedGuest;

constexpr absl::Duration kLong = absl::Seconds(90);

class GuestLifeTest : public ::testing::Test {
 protected:
  GuestLifeTest() {
    w_.guest.OnListening(w_.Now());
    w_.Polls(3);
  }

  void Tell(LifeEvent event) { w_.guest.OnLifecycle(event, w_.Now()); }
  // It does not run for so long, and all its clocks stand, as under KVM.
  void StandStill(absl::Duration lasting) {
    w_.pair.guest.StandStill(w_.pair.now, lasting);
    w_.Pass(lasting);
  }
  void Paused(const std::function<void()>& what,
              LifeEvent how = LifeEvent::kPaused,
              LifeEvent end = LifeEvent::kResumed) {
    Tell(how);
    w_.guest.OnPaused(w_.Now());
    what();
    Tell(end);
  }
  std::string LibvirtsWord(FindingCode code) {
    for (const EvidenceLine& line :
         EvidenceOf(w_.Get(code), absl::UnixEpoch())) {
      if (line.label == "libvirt's word") return line.text;
    }
    return "";
  }

  WatchedGuest w_;
};

TEST_F(GuestLifeTest, ExpectsAClockToStandStillForAsLongAsItWasPaused) {
  Paused([&] { StandStill(kLong); });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill),
            "libvirt paused it for 90.0 s: expected on this hypervisor");
  EXPECT_EQ(w_.guest.verdict(), Verdict::kWrong);
}

TEST_F(GuestLifeTest, SaysThatAPauseExplainsOnlySoMuch) {
  Paused([&] { StandStill(kLong); });
  w_.LeapGuest(-absl::Seconds(20));
  w_.Polls(2);
  EXPECT_THAT(LibvirtsWord(FindingCode::kStoodStill),
              HasSubstr("libvirt paused it for 90.0 s, which explains only so "
                        "much: 19.0 s and more are left over"));
}

TEST_F(GuestLifeTest, SaysThatAPauseWasLongerThanAClockStoodStill) {
  Paused([&] {
    w_.Pass(absl::Seconds(60));  // it goes on, as under Xen
    w_.pair.guest.StandStill(w_.pair.now, absl::Seconds(30));
    w_.Pass(absl::Seconds(30));
  });
  w_.Polls(2);
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill),
            "libvirt paused it for 90.0 s, longer than its clocks stood still");
}

TEST_F(GuestLifeTest, SaysThatLibvirtToldOfNoPauseOnlyWhereItWasHeard) {
  StandStill(kLong);
  w_.Polls(2);
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill),
            "libvirt told of no pause meanwhile");
  w_.guest.OnListening(std::nullopt);
  StandStill(kLong);
  w_.guest.OnListening(w_.Now());
  w_.Polls(2);
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill), "");
}

TEST_F(GuestLifeTest, AddsUpThePausesOfOneGap) {
  for (int i = 0; i < 3; ++i) Paused([&] { StandStill(absl::Seconds(10)); });
  w_.Polls(2);
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill),
            "libvirt paused it 3 times, for 30.0 s in all: expected on this "
            "hypervisor");
}

TEST_F(GuestLifeTest, ExplainsEachPauseByItself) {
  Paused([&] { StandStill(kLong); });
  w_.Polls(2);
  Paused([&] { StandStill(absl::Seconds(10)); });
  w_.Polls(2);
  EXPECT_EQ(w_.Get(FindingCode::kStoodStill).occurrences, 2u);
  EXPECT_EQ(LibvirtsWord(FindingCode::kStoodStill),
            "libvirt paused it for 10.0 s: expected on this hypervisor");
}

// Without libvirt's word it is a wrap of a counter.
TEST_F(GuestLifeTest, CallsALeapBackAPauseWhereOneWasAsLong) {
  const absl::Duration wrap = absl::Nanoseconds(int64_t{1} << 32);
  Paused([&] { StandStill(wrap); });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("stood-still"));
  EXPECT_EQ(w_.Get(FindingCode::kStoodStill).signature, nullptr);

  WatchedGuest unheard;
  unheard.Polls(3);
  unheard.pair.guest.StandStill(unheard.pair.now, wrap);
  unheard.Pass(wrap);
  unheard.Polls(2);
  EXPECT_THAT(unheard.Codes(), ElementsAre("counter-jump"));
}

TEST_F(GuestLifeTest, DoesNotCallALeapBackAPauseOfAnotherLength) {
  Paused([&] { StandStill(absl::Seconds(60)); });
  w_.LeapGuest(absl::Seconds(60) - absl::Nanoseconds(int64_t{1} << 32));
  w_.Polls(2);
  EXPECT_THAT(LibvirtsWord(w_.guest.findings()[0].code),
              HasSubstr("longer than its clocks stood still"));
}

TEST_F(GuestLifeTest, SaysOfASaveHowLongItWas) {
  Paused(
      [&] {
        w_.pair.guest.Sleep(w_.pair.now, absl::Hours(1));
        w_.Pass(absl::Hours(1));
      },
      LifeEvent::kSaved, LifeEvent::kRestored);
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), ElementsAre("(caught-up)"));
  EXPECT_EQ(LibvirtsWord(FindingCode::kCaughtUp),
            "libvirt saved it for 3600.0 s: as long as it slept");
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
}

// --- Xen: nothing runs, and all clocks go on ---

TEST_F(GuestLifeTest, FindsNoFaultInAFreezeAndSaysWhyItWasSilent) {
  Paused([&] {
    w_.Pass(kLong);
    EXPECT_EQ(w_.guest.verdict(), Verdict::kSuspended);
    EXPECT_EQ(w_.guest.reason(), "paused");
  });
  w_.Polls(2);
  EXPECT_THAT(w_.Codes(), IsEmpty());
  EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
  EXPECT_EQ(w_.guest.reason(),
            "libvirt paused it for 90.0 s, and its clocks went on");
  w_.Pass(GuestLife::kToldFor);
  w_.Poll();
  EXPECT_EQ(w_.guest.reason(), "");
}

TEST_F(GuestLifeTest, ClaimsNoHarmlessPauseThatWidthsCouldHide) {
  w_.way.back = absl::Seconds(3);
  w_.Polls(3);
  Paused([&] { w_.Pass(absl::Seconds(4)); });
  w_.Polls(2);
  EXPECT_THAT(std::string(w_.guest.reason()), Not(HasSubstr("went on")));
}

TEST_F(GuestLifeTest, SaysWhyThereIsNoJudging) {
  Tell(LifeEvent::kLeaving);
  w_.guest.OnPaused(w_.Now());
  EXPECT_EQ(w_.guest.reason(), "being moved");
  Tell(LifeEvent::kArrived);
  Tell(LifeEvent::kSaved);
  w_.guest.OnPaused(w_.Now());
  EXPECT_EQ(w_.guest.reason(), "saved");
  EXPECT_TRUE(w_.guest.saved());
  Tell(LifeEvent::kRestored);
  EXPECT_FALSE(w_.guest.saved());
}

// --- when it was let run again ---

TEST_F(GuestLifeTest, KnowsSinceWhenItRunsAgain) {
  EXPECT_FALSE(w_.guest.resumed().has_value());
  Tell(LifeEvent::kPaused);
  EXPECT_FALSE(w_.guest.resumed().has_value());
  w_.Pass(kLong);
  Tell(LifeEvent::kResumed);
  EXPECT_EQ(w_.guest.resumed(), w_.Now());
  const MonotonicTime resumed = w_.Now();
  w_.Polls(3);
  EXPECT_EQ(w_.guest.resumed(), resumed);
}

TEST_F(GuestLifeTest, TakesAnAnswerForTheEndOfAPauseWhoseEndNobodyHeard) {
  Tell(LifeEvent::kPaused);
  StandStill(kLong);
  w_.Polls(2);
  EXPECT_TRUE(w_.guest.resumed().has_value());
  EXPECT_THAT(LibvirtsWord(FindingCode::kStoodStill),
              HasSubstr("libvirt paused it for 0.0 s to 9"));
}

TEST_F(GuestLifeTest, ForgetsThePausesOfTheLastBoot) {
  Paused([&] { w_.Pass(kLong); });
  w_.pair.guest.Reboot(w_.pair.now);
  w_.Polls(3);
  EXPECT_FALSE(w_.guest.resumed().has_value());
  EXPECT_EQ(w_.guest.reason(), "");
}

}  // namespace
}  // namespace noonmark
