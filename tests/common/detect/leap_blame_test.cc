#include "common/detect/leap_blame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/fleet_assessor.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::VirtualMachine;
using testing::VirtualPair;

MonotonicTime At(int64_t seconds) {
  return MonotonicTime::FromReading(absl::Seconds(seconds));
}

// Of `ms`, give or take two, between two moments.
SeenLeap Of(int64_t ms, int64_t begin, int64_t end) {
  return {Interval::Exactly(absl::Milliseconds(ms))
              .WidenedBy(absl::Milliseconds(2)),
          At(begin), At(end)};
}

LeapBlame Blame(const LeapWords& words,
                absl::Duration open_for = absl::Seconds(1)) {
  return BlameForLeap(words, open_for, absl::Seconds(6));
}

TEST(LeapBlameTest, IsTheHostsWhereAllLeaptAlike) {
  EXPECT_EQ(Blame({.alike = 1}), LeapBlame::kHost);
  EXPECT_EQ(Blame({.alike = 2}), LeapBlame::kHost);
  EXPECT_EQ(Blame({.alike = 2, .otherwise = 1}), LeapBlame::kHost)
      << "one that leapt itself besides";
}

TEST(LeapBlameTest, IsTheHostsWhereTwoOthersDidAndNobodyDenies) {
  EXPECT_EQ(Blame({.alike = 1, .unheard = 1}), LeapBlame::kOpen);
  EXPECT_EQ(Blame({.alike = 2, .unheard = 1}), LeapBlame::kOpen);
  EXPECT_EQ(Blame({.alike = 2, .unheard = 1}, absl::Seconds(3)),
            LeapBlame::kHost);
  EXPECT_EQ(Blame({.alike = 1, .unheard = 1}, absl::Seconds(6)),
            LeapBlame::kHost);
}

TEST(LeapBlameTest, IsTheGuestsWhereAnotherStayedPut) {
  EXPECT_EQ(Blame({.sound = 1}), LeapBlame::kGuest);
  EXPECT_EQ(Blame({.sound = 1, .unheard = 9}), LeapBlame::kGuest);
  EXPECT_EQ(Blame({.alike = 9, .sound = 1}), LeapBlame::kGuest);
}

TEST(LeapBlameTest, IsUntoldWhereNobodyElseCanTell) {
  EXPECT_EQ(Blame({}), LeapBlame::kUntold);
  EXPECT_EQ(Blame({.otherwise = 1}), LeapBlame::kUntold);
  EXPECT_EQ(Blame({.unheard = 1}), LeapBlame::kOpen);
  EXPECT_EQ(Blame({.unheard = 1}, absl::Seconds(6)), LeapBlame::kUntold);
}

TEST(SeenLeapTest, MayBeOneWithAnotherAsFarAtTheSameTime) {
  const SeenLeap leap = Of(-6000, 10, 15);
  EXPECT_TRUE(MayBeOne(leap, Of(-6001, 12, 17)));
  EXPECT_TRUE(MayBeOne(leap, Of(-5998, 9, 10)));
  EXPECT_FALSE(MayBeOne(leap, Of(-6010, 12, 17))) << "another size";
  EXPECT_FALSE(MayBeOne(leap, Of(6000, 12, 17))) << "the other way";
  EXPECT_FALSE(MayBeOne(leap, Of(-6000, 16, 21))) << "at another time";
  SeenLeap told = leap;
  told.told = true;
  EXPECT_FALSE(MayBeOne(leap, told)) << "a pause that libvirt told of";
}

TEST(SeenLeapTest, GivesWhatSeveralHaveInCommon) {
  const std::optional<SeenLeap> common =
      CommonLeap(Of(-6000, 10, 15), {Of(-6003, 12, 17), Of(-6001, 9, 14)});
  ASSERT_TRUE(common.has_value());
  EXPECT_EQ(common->size.lo, absl::Milliseconds(-6002));
  EXPECT_EQ(common->size.hi, absl::Milliseconds(-6001));
  EXPECT_EQ(common->begin, At(12));
  EXPECT_EQ(common->end, At(14));
}

TEST(SeenLeapTest, HasNothingInCommonWhereNoSingleOneMakesThemAll) {
  EXPECT_FALSE(
      CommonLeap(Of(-6000, 10, 15), {Of(-6000, 8, 11), Of(-6000, 13, 17)})
          .has_value());
  EXPECT_FALSE(
      CommonLeap(Of(-6000, 10, 15), {Of(-6003, 10, 15), Of(-5997, 10, 15)})
          .has_value());
}

// Some guests of one host, polled one after another, through the core's door.
class SharedLeapTest : public ::testing::Test {
 protected:
  explicit SharedLeapTest(HostTrust trust = HostTrust::kProven)
      : core_(Options(trust), AssessorOptions()) {}
  static HostOptions Options(HostTrust trust) {
    HostOptions options;
    options.trust = trust;
    return options;
  }
  static std::string Name(size_t i) { return absl::StrCat("guest-", i); }
  void Guests(size_t n) {
    machines_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      core_.Apply(PolicyInput{Name(i), GuestPolicy(), Now()});
    }
    Polls(4);
  }
  MonotonicTime Now() {
    return MonotonicTime::FromReading(host_.Read(now_).monotonic);
  }
  void PollOne(size_t g) {
    bool again = true;
    for (int bursts = 0; again && bursts < 4; ++bursts) {
      for (int i = 0; i < 8; ++i) {
        VirtualPair pair;
        pair.host = host_;
        pair.guest = machines_[g];
        pair.now = now_;
        const auto effect = core_.Apply(ExchangeInput{Name(g), pair.Ask()});
        now_ = pair.now;
        if (effect.ask_others) AskOthers(g, machines_.size() - 1);
        if (effect.ask_again) now_ += absl::Milliseconds(125);
      }
      const auto effect = core_.Apply(BurstEndInput{Name(g), Now()});
      if (effect.ask_others) AskOthers(g, 0);
      again = effect.ask_again;
      Look();
    }
    // As a kernel that knows nothing of its counter says it.
    KernelDiscipline kernel;
    kernel.max_error = absl::Milliseconds(20);
    kernel.estimated_error = absl::Microseconds(10);
    core_.Apply(DisciplineInput{kernel, Now()});
  }
  // As the monitor does, which asks all at once: here the last at once, and the
  // others when the burst is over, which takes as long as theirs. They leave it
  // at that.
  void AskOthers(size_t but, size_t first) {
    if (asking_) return;
    asking_ = true;
    for (size_t g = first; g < machines_.size(); ++g) {
      if (g != but && !silent_.count(g)) PollOne(g);
    }
    asking_ = false;
  }
  // The host reads its clocks ten times a second.
  void WatchHost(absl::Duration until) {
    while (now_ < until) {
      now_ += absl::Milliseconds(100);
      core_.Apply(HostReadingInput{host_.Read(now_)});
    }
  }
  // Each guest 5 s after its last.
  void Polls(int n) {
    for (; n > 0; --n) {
      for (size_t g = 0; g < machines_.size(); ++g) {
        const absl::Duration next =
            now_ + absl::Seconds(5) / static_cast<int64_t>(machines_.size());
        if (!silent_.count(g)) PollOne(g);
        if (watches_host_) WatchHost(next);
        now_ = std::max(now_, next);
      }
    }
  }
  void Look() {
    for (const auto& [uuid, guest] : core_.guests()) {
      if (guest.verdict() == Verdict::kWrong && !ever_wrong_) {
        ever_wrong_ = true;
        wrong_at_ = absl::StrCat(uuid, " at ", absl::FormatDuration(now_), ", ",
                                 std::string(guest.reason()));
      }
      for (const Finding& finding : guest.findings()) {
        ever_told_ |= finding.code == FindingCode::kCounterJump ||
                      finding.code == FindingCode::kStoodStill;
      }
    }
  }
  std::optional<Finding> OfHost() {
    return core_.host().findings().Find(FindingCode::kHostCounterJump);
  }

  FleetAssessor core_;
  VirtualMachine host_;
  std::vector<VirtualMachine> machines_;
  absl::Duration now_ = absl::Seconds(1);
  bool ever_wrong_ = false;
  std::string wrong_at_;
  bool ever_told_ = false;
  bool asking_ = false;
  // The daemon's 10 Hz; else the host is read with exchanges alone.
  bool watches_host_ = false;
  std::set<size_t> silent_;
};

TEST_F(SharedLeapTest, BlamesTheHostAndNoGuestAtAnyMoment) {
  for (const size_t guests : {2, 3, 5}) {
    SCOPED_TRACE(guests);
    core_ = FleetAssessor(Options(HostTrust::kProven), AssessorOptions());
    machines_.clear();
    host_ = VirtualMachine();
    now_ = absl::Seconds(1);
    Guests(guests);
    host_.Leap(now_, absl::Seconds(6));
    Polls(100);
    EXPECT_FALSE(ever_wrong_) << wrong_at_;
    EXPECT_FALSE(ever_told_);
    ASSERT_TRUE(OfHost().has_value());
    EXPECT_TRUE(OfHost()->active);
    EXPECT_EQ(OfHost()->severity, Severity::kFault);
    EXPECT_TRUE(OfHost()->size->Contains(absl::Seconds(6)));
    for (const auto& [uuid, guest] : core_.guests()) {
      EXPECT_EQ(guest.verdict(), Verdict::kDiffers)
          << "the kernel's own word proves nothing after that";
    }
  }
}

TEST_F(SharedLeapTest, SaysNothingOfTheGuestsUntilTheHostIsProven) {
  Guests(3);
  host_.Leap(now_, absl::Seconds(6));
  Polls(3);
  for (const auto& [uuid, guest] : core_.guests()) {
    EXPECT_EQ(guest.verdict(), Verdict::kSuspended);
  }
  // Somebody sets it right again.
  host_.SetRealtime(now_, -absl::Seconds(6));
  Polls(8);
  EXPECT_FALSE(OfHost()->active);
  for (const auto& [uuid, guest] : core_.guests()) {
    EXPECT_EQ(guest.verdict(), Verdict::kOk);
  }
  EXPECT_FALSE(ever_wrong_);
  EXPECT_FALSE(ever_told_);
}

TEST_F(SharedLeapTest, BlamesTheGuestThatLeaptAlone) {
  Guests(3);
  machines_[1].Leap(now_, absl::Seconds(6));
  Polls(2);
  EXPECT_FALSE(OfHost().has_value());
  EXPECT_EQ(core_.guest(Name(1)).verdict(), Verdict::kWrong);
  const std::vector<Finding> findings = core_.guest(Name(1)).findings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].code, FindingCode::kCounterJump);
  EXPECT_EQ(findings[0].alibi, HostAlibi::kOtherGuest);
  EXPECT_TRUE(core_.guest(Name(0)).findings().empty());
  EXPECT_TRUE(core_.guest(Name(2)).findings().empty());
}

TEST_F(SharedLeapTest, BlamesGuestsThatLeaptByDifferentSizes) {
  Guests(3);
  machines_[0].Leap(now_, absl::Seconds(6));
  machines_[1].Leap(now_, absl::Seconds(6.1));
  machines_[2].Leap(now_, absl::Seconds(6.2));
  Polls(3);
  EXPECT_FALSE(OfHost().has_value());
  for (size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(core_.guest(Name(g)).verdict(), Verdict::kWrong) << g;
  }
}

// Its finding is there before the burst that found it ends.
// What any two counters may part by in a gap is as wide as these leaps differ;
// what sound ones do is not.
TEST_F(SharedLeapTest, TellsLeapsOfMillisecondsApart) {
  Guests(2);
  machines_[0].Leap(now_, absl::Milliseconds(8.6));
  machines_[1].Leap(now_, absl::Milliseconds(13.2));
  Polls(20);
  EXPECT_FALSE(OfHost().has_value());
  EXPECT_TRUE(ever_told_);
}

TEST_F(SharedLeapTest, BlamesTheHostForMillisecondsToo) {
  Guests(3);
  machines_[1].SetRate(now_, 90'000);
  machines_[2].SetRate(now_, -90'000);
  Polls(30);
  host_.Leap(now_, -absl::Milliseconds(10));
  Polls(20);
  ASSERT_TRUE(OfHost().has_value());
  EXPECT_TRUE(OfHost()->size->Contains(-absl::Milliseconds(10)));
  EXPECT_FALSE(ever_told_);
}

TEST_F(SharedLeapTest, TellsAGuestsOwnLeapWithinItsBurst) {
  Guests(3);
  machines_[1].Leap(now_, absl::Hours(1));
  PollOne(1);
  EXPECT_TRUE(ever_told_);
  EXPECT_EQ(core_.guest(Name(1)).verdict(), Verdict::kWrong);
}

// Which looks like the host's, but for one that had not leapt yet when it was
// asked, and for another that leapt before a third was.
TEST_F(SharedLeapTest, BlamesGuestsThatLeaptByTheSameOneAfterAnother) {
  Guests(8);
  for (size_t g = 0; g < 7; ++g) machines_[g].Leap(now_, absl::Hours(1));
  PollOne(0);
  machines_[7].Leap(now_, absl::Hours(1));
  Polls(1);
  EXPECT_FALSE(OfHost().has_value());
  for (size_t g = 0; g < 8; ++g) {
    const std::vector<Finding> findings = core_.guest(Name(g)).findings();
    ASSERT_EQ(findings.size(), 1u) << g;
    EXPECT_EQ(findings[0].code, FindingCode::kCounterJump);
    EXPECT_EQ(findings[0].alibi, HostAlibi::kOtherGuest) << g;
  }
}

// The host's clocks ran on all the time: they left nothing out.
TEST_F(SharedLeapTest, BlamesGuestsThatStoodStillTogetherByTheHostsReadings) {
  watches_host_ = true;
  Guests(3);
  for (VirtualMachine& guest : machines_) guest.Leap(now_, -absl::Seconds(6));
  Polls(1);
  EXPECT_FALSE(OfHost().has_value());
  for (size_t g = 0; g < 3; ++g) {
    const std::vector<Finding> findings = core_.guest(Name(g)).findings();
    ASSERT_EQ(findings.size(), 1u) << g;
    EXPECT_EQ(findings[0].code, FindingCode::kStoodStill);
    EXPECT_EQ(findings[0].alibi, HostAlibi::kOwnReadings);
  }
}

TEST_F(SharedLeapTest, BlamesTheHostThatReadItsClocksAllTheTime) {
  watches_host_ = true;
  Guests(3);
  host_.Leap(now_, absl::Seconds(6));
  Polls(2);
  EXPECT_TRUE(OfHost().has_value());
  EXPECT_FALSE(ever_told_);
}

TEST_F(SharedLeapTest, CallsTheLeapOfALoneGuestItsOwnAndSaysThatNobodyTold) {
  Guests(1);
  host_.Leap(now_, absl::Seconds(6));
  PollOne(0);
  EXPECT_FALSE(OfHost().has_value());
  const std::vector<Finding> findings = core_.guest(Name(0)).findings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].alibi, HostAlibi::kNone);
}

TEST_F(SharedLeapTest, WaitsForSilentGuestsForAWhile) {
  Guests(2);
  silent_ = {1};
  machines_[0].Leap(now_, absl::Seconds(6));
  PollOne(0);
  EXPECT_FALSE(ever_told_);
  Polls(2);
  const std::vector<Finding> findings = core_.guest(Name(0)).findings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].alibi, HostAlibi::kNone);
  EXPECT_EQ(core_.guest(Name(0)).verdict(), Verdict::kWrong);
}

class DeclaredLeapTest : public SharedLeapTest {
 protected:
  DeclaredLeapTest() : SharedLeapTest(HostTrust::kDeclared) {}
};

// What was declared was declared of a clock that did not leap.
TEST_F(DeclaredLeapTest, CallsNobodyWrongByAMarkThatLeapt) {
  Guests(3);
  host_.Leap(now_, absl::Seconds(6));
  Polls(100);
  EXPECT_FALSE(ever_wrong_);
  EXPECT_TRUE(OfHost()->active);
}

}  // namespace
}  // namespace noonmark
