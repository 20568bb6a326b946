#include "common/detect/guest_assessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "common/detect/signature.h"
#include "common/estimate/format.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark {
namespace {

using testing::Bracket;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing::VirtualMachine;
using testing::VirtualPair;
using testing::WatchedGuest;

constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

// --- names of sizes, all the way ---

// Each known size, of either sign, as a leap of the counter and as a set.
TEST(GuestAssessorTest, NamesEveryKnownSizeOfALeapAndOfASet) {
  for (const Signature& signature : AllSignatures()) {
    for (const int sign : {1, -1}) {
      const absl::Duration size = sign * signature.size;
      SCOPED_TRACE(absl::StrCat(signature.name, " ", sign));
      WatchedGuest leapt;
      leapt.Polls(3);
      leapt.LeapGuest(size);
      leapt.Polls(2);
      const bool fell_behind = sign < 0 && !signature.arithmetic;
      const Finding leap = leapt.Get(fell_behind ? FindingCode::kStoodStill
                                                 : FindingCode::kCounterJump);
      EXPECT_TRUE(leap.size->Contains(size));
      EXPECT_EQ(leap.signature, &signature);
      EXPECT_THAT(leapt.Codes(), Not(Contains("clock-set")));
      WatchedGuest set;
      set.Polls(3);
      set.SetGuest(size);
      set.Polls(2);
      EXPECT_THAT(set.Codes(), Contains("clock-set"));
      EXPECT_EQ(set.Get(FindingCode::kClockSet).signature, &signature);
    }
  }
}

TEST(GuestAssessorTest, GivesNoNameBesideAKnownSize) {
  for (const absl::Duration size :
       {kTwoTo42 + absl::Milliseconds(10), kTwoTo42 - absl::Milliseconds(10),
        absl::Seconds(4398), absl::Seconds(4295), absl::Seconds(3601)}) {
    WatchedGuest w;
    w.Polls(3);
    w.LeapGuest(size);
    w.Poll();
    EXPECT_EQ(w.Get(FindingCode::kCounterJump).signature, nullptr) << size;
  }
}

// A wrapped delta falls short by what the counter was behind.
TEST(GuestAssessorTest, NamesALeapThatFallsShortByAHair) {
  WatchedGuest w;
  w.Polls(3);
  w.LeapGuest(kTwoTo42 - absl::Microseconds(300));
  w.Poll();
  EXPECT_EQ(w.Get(FindingCode::kCounterJump).signature->name, "2^42 ns");
}

// --- what makes no difference ---

TEST(GuestAssessorTest, LetsLateAnswersOfAnotherStreamChangeNothing) {
  WatchedGuest w;
  w.Polls(3);
  const Exchange late = w.pair.Ask();
  w.pair.now += absl::Seconds(5);
  w.guest.OnNewStream(2);
  w.pair.stream = 2;
  w.LeapGuest(kTwoTo42);
  w.Polls(3);
  const auto verdict = w.guest.verdict();
  const auto offset = w.guest.offset();
  const auto codes = w.Codes();
  EXPECT_FALSE(w.guest.OnExchange(late));
  w.guest.OnBurstEnd(w.host.View(w.Now()), w.Now());
  EXPECT_EQ(w.guest.verdict(), verdict);
  EXPECT_EQ(w.guest.offset(), offset);
  EXPECT_EQ(w.Codes(), codes);
}

// Asked before, answered after: neither the set clock nor the leapt counter is
// what it was.
TEST(GuestAssessorTest, LetsAnOvertakenAnswerChangeNothing) {
  for (const bool leap : {true, false}) {
    WatchedGuest w;
    w.Polls(3);
    Exchange overtaken = w.pair.Ask();
    if (leap) {
      w.LeapGuest(kTwoTo42);
    } else {
      w.SetGuest(absl::Seconds(-6));
    }
    w.Polls(2);
    const auto codes = w.Codes();
    const auto findings = w.guest.findings();
    overtaken.host_received = w.pair.host.Read(w.pair.now);
    EXPECT_FALSE(w.guest.OnExchange(overtaken));
    w.Polls(2);
    EXPECT_EQ(w.Codes(), codes);
    EXPECT_EQ(w.guest.findings().front().occurrences, 1u);
    EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
  }
}

TEST(GuestAssessorTest, ThinksTheSameWhereverTheClocksBegan) {
  const auto story = [](absl::Duration shift) {
    VirtualMachine::Start start;
    start.raw += shift;
    start.monotonic += shift;
    start.boottime += shift;
    start.realtime += absl::Hours(200'000);  // both
    WatchedGuest w;
    w.pair.guest = VirtualMachine(start);
    start.raw -= 2 * shift;
    w.pair.host = VirtualMachine(start);
    w.Polls(3);
    w.LeapGuest(absl::Seconds(40));
    w.Polls(2);
    w.SetGuest(absl::Seconds(-6));
    w.pair.guest.Glitch(kTwoTo42, testing::kWholeGroup, 11);
    w.Polls(20);
    std::string told = absl::StrCat(std::string(VerdictName(w.guest.verdict())),
                                    " ", FormatInterval(*w.guest.offset()));
    for (const Finding& f : w.guest.findings()) {
      absl::StrAppend(&told, "\n", std::string(CodeName(f.code)), " ",
                      Summarize(f), " ", FormatInterval(*f.size), " ",
                      f.occurrences);
    }
    return told;
  };
  const std::string plain = story({});
  EXPECT_EQ(story(absl::Hours(50'000)), plain);
  EXPECT_EQ(story(-absl::Hours(50'000)), plain);
}

TEST(GuestAssessorTest, NeverGetsSurerByMoreDelay) {
  for (const absl::Duration offset :
       {absl::ZeroDuration(), absl::Milliseconds(400), absl::Seconds(3)}) {
    Interval narrower = Interval::Exactly(offset);
    for (const absl::Duration delay :
         {absl::ZeroDuration(), absl::Microseconds(1), absl::Milliseconds(1),
          absl::Milliseconds(200), absl::Seconds(2)}) {
      WatchedGuest w;
      w.SetGuest(offset, false);
      w.way.out += delay;
      w.way.back += delay / 3;
      w.Polls(3);
      EXPECT_TRUE(narrower.Within(*w.guest.offset()));
      narrower = *w.guest.offset();
    }
  }
}

// --- verdicts over whole stories ---

// No dead ends: whatever the offset and the width, twenty bursts later the
// verdict is the right one.
TEST(GuestAssessorTest, ComesToTheRightVerdictOfEveryOffsetAndWidth) {
  const absl::Duration limit = Thresholds().warning;
  for (const absl::Duration was : {absl::ZeroDuration(), absl::Seconds(-3)}) {
    for (int64_t ms = -4000; ms <= 4000; ms += 97) {
      for (const absl::Duration delay :
           {absl::Microseconds(50), absl::Milliseconds(30),
            absl::Milliseconds(600), absl::Seconds(3)}) {
        const absl::Duration offset = absl::Milliseconds(ms);
        WatchedGuest w;
        w.SetGuest(was, false);
        w.Polls(3);
        w.way.out = w.way.back = delay;
        w.SetGuest(offset - was, false);
        w.Polls(20);
        SCOPED_TRACE(absl::StrCat(ms, " ms, ", absl::FormatDuration(delay)));
        ASSERT_TRUE(w.OffsetHolds());
        const Interval bound = *w.guest.offset();
        const Interval allowed = {-limit, limit};
        if (!bound.Meets(allowed)) {
          EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
        } else if (bound.Within(allowed)) {
          EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
        } else {
          EXPECT_EQ(w.guest.verdict(), Verdict::kUncertain);
        }
        // The width never hides a large offset.
        if (absl::AbsDuration(offset) >
            limit + 2 * delay + absl::Milliseconds(1)) {
          EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
        }
      }
    }
  }
}

TEST(GuestAssessorTest, IsNotBlindedByBoundsThatOnlyJustTellALeap) {
  // The leap shows in some exchanges and is hidden in others, poll for poll.
  for (const int64_t ms : {1200, 2000, 3000}) {
    WatchedGuest w;
    w.Polls(3);
    w.LeapGuest(absl::Milliseconds(ms));
    w.tamper = [&](Exchange&) {
      w.way.out =
          w.exchanges % 8 == 7 ? absl::Milliseconds(1) : absl::Milliseconds(ms);
      w.way.back = w.way.out;
    };
    w.Polls(20);
    EXPECT_TRUE(w.OffsetHolds());
    EXPECT_NE(w.guest.verdict(), Verdict::kOk) << ms;
  }
}

TEST(GuestAssessorTest, TellsItsReasonsAndWantsConfirmation) {
  WatchedGuest w;
  w.Polls(2);
  w.SetGuest(absl::Seconds(-6));
  for (int i = 0; i < 8; ++i) w.guest.OnExchange(w.pair.Ask());
  EXPECT_TRUE(w.guest.OnBurstEnd(w.host.View(w.Now()), w.Now()));
  EXPECT_EQ(w.guest.verdict(), Verdict::kUncertain);
  EXPECT_TRUE(w.guest.TakeNews());
  EXPECT_FALSE(w.guest.TakeNews());
  for (int i = 0; i < 8; ++i) w.guest.OnExchange(w.pair.Ask());
  EXPECT_FALSE(w.guest.OnBurstEnd(w.host.View(w.Now()), w.Now()));
  EXPECT_EQ(w.guest.verdict(), Verdict::kWrong);
}

TEST(GuestAssessorTest, SaysOneThingOfASilentAgent) {
  WatchedGuest w;
  w.guest.OnNoAgent("no address", w.Now());
  EXPECT_THAT(w.Codes(), ElementsAre("no-agent"));
  w.Pass(absl::Seconds(5));
  w.guest.OnUnreachable("nobody listens", w.Now());
  EXPECT_THAT(w.Codes(), ElementsAre("agent-unreachable", "(no-agent)"));
  w.Pass(absl::Seconds(5));
  w.guest.OnUntrusted("nonsense", w.Now());
  EXPECT_THAT(w.Codes(), ElementsAre("agent-untrusted", "(agent-unreachable)",
                                     "(no-agent)"));
  EXPECT_EQ(w.guest.verdict(), Verdict::kUnknown);
  w.Poll();
  EXPECT_THAT(w.Codes(), Not(Contains("agent-untrusted")));
  EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
}

TEST(GuestAssessorTest, IsSuspendedWhilePausedAndJudgedByTheNextAnswer) {
  WatchedGuest w;
  w.Polls(2);
  w.guest.OnPaused(w.Now());
  EXPECT_EQ(w.guest.verdict(), Verdict::kSuspended);
  EXPECT_EQ(w.guest.reason(), "paused");
  w.Poll();
  EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
}

TEST(GuestAssessorTest, EndsWhatMadeAGuestWrongWhenItIsRightAgain) {
  WatchedGuest w;
  w.Polls(2);
  w.SetGuest(absl::Seconds(-6));
  w.Polls(2);
  const MonotonicTime set_at = w.Get(FindingCode::kClockSet).last_seen;
  w.Polls(3600 / 5 * 30);  // 30 hours
  EXPECT_THAT(w.Codes(), ElementsAre("clock-set"));
  w.SetGuest(absl::Seconds(6));
  w.Polls(5);
  EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
  // It is told for a day after its end; its moment is that of the set.
  EXPECT_THAT(w.Codes(), ElementsAre("(clock-set)"));
  EXPECT_GT(w.Get(FindingCode::kClockSet).last_seen, set_at);
  w.Polls(3600 / 5 * 24);
  EXPECT_THAT(w.Codes(), IsEmpty());
}

// --- extremes ---

TEST(GuestAssessorTest, BearsAnyReadingInAnyField) {
  const int64_t kExtremes[] = {
      std::numeric_limits<int64_t>::min(),
      std::numeric_limits<int64_t>::min() + 1,
      -1,
      0,
      1,
      int64_t{1'000'000'000} * 946'684'800,    // 2000
      int64_t{1'000'000'000} * 2'147'483'647,  // 2038
      int64_t{1'000'000'000} * 4'294'967'295,  // 2106
      std::numeric_limits<int64_t>::max() - 1,
      std::numeric_limits<int64_t>::max(),  // 2262
  };
  const auto fields = [](ClockReading& r) {
    return std::vector<absl::Duration*>{
        &r.raw_before, &r.realtime, &r.monotonic, &r.boottime, &r.raw_after};
  };
  int wrong = 0;
  for (const int64_t extreme : kExtremes) {
    for (const int64_t then : kExtremes) {
      // One clock, or all; of one reading of all exchanges, or both.
      for (int field = 0; field <= 5; ++field) {
        for (const int readings : {1, 2, 3}) {
          WatchedGuest w;
          w.Polls(2);
          int n = 0;
          w.tamper = [&](Exchange& e) {
            const absl::Duration value =
                absl::Nanoseconds(++n <= 12 ? extreme : then);
            for (ClockReading* r : {readings & 1 ? &e.guest.received : nullptr,
                                    readings & 2 ? &e.guest.sent : nullptr}) {
              if (r == nullptr) continue;
              for (int i = 0; i < 5; ++i) {
                if (field == 5 || field == i) *fields(*r)[i] = value;
              }
            }
            e.guest.discontinuities = static_cast<uint64_t>(extreme);
            e.guest.steal = absl::Nanoseconds(extreme);
          };
          w.Polls(4);
          wrong += w.guest.verdict() == Verdict::kWrong ? 1 : 0;
          for (const Finding& f : w.guest.findings()) {
            ASSERT_FALSE(EvidenceOf(f, absl::UnixEpoch()).empty())
                << CodeName(f.code);
            ASSERT_FALSE(Summarize(f).empty()) << CodeName(f.code);
          }
          ASSERT_LE(w.guest.Bytes(), 4096u);
        }
      }
    }
  }
  EXPECT_GT(wrong, 0);
}

TEST(GuestAssessorTest, BearsAHostAtTheEndsOfTime) {
  for (const int64_t extreme : {std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max()}) {
    WatchedGuest w;
    w.tamper = [&](Exchange& e) {
      e.host_sent.realtime = absl::Nanoseconds(extreme);
      e.host_received.realtime = absl::Nanoseconds(extreme);
    };
    w.Polls(4);
    w.tamper = [&](Exchange& e) {
      e.host_sent.raw_before = e.host_sent.raw_after =
          absl::Nanoseconds(std::numeric_limits<int64_t>::min());
      e.host_received.raw_before = e.host_received.raw_after =
          absl::Nanoseconds(std::numeric_limits<int64_t>::max());
    };
    w.Polls(4);
    w.tamper = nullptr;
    w.Polls(70);
    EXPECT_EQ(w.guest.verdict(), Verdict::kOk);
  }
}

// --- what it costs ---

// Everything that can be found at once, with the longest texts.
TEST(GuestAssessorTest, KeepsFewKiBAGuest) {
  WatchedGuest w;
  const std::string longest(5000, 'x');
  w.tamper = [&](Exchange& e) {
    e.guest.boot_id = std::string(36, 'b');
    e.guest.clocksource = std::string(64, 'c');
    // And its hunter caught one just now.
    Glitch glitch;
    glitch.off.realtime = kTwoTo42;
    glitch.boottime = e.guest.received.boottime;
    e.guest.hunt = {.reads = 5'000, .glitches = 1, .recent = {glitch}};
  };
  GuestPolicy policy;
  policy.name = "mail-frontend-1.example.org-prod";
  w.guest.SetPolicy(policy, w.Now());
  w.guest.OnNoAgent(longest, w.Now());
  w.guest.OnUnreachable(longest, w.Now());
  w.guest.OnUntrusted(longest, w.Now());
  w.Polls(3);
  w.pair.guest.Glitch(kTwoTo42, testing::kWholeGroup, 1);
  w.Polls(2);
  w.pair.guest.Sleep(w.pair.now, absl::Seconds(60));
  w.Pass(absl::Seconds(60));
  w.Polls(2);
  w.LeapGuest(absl::Seconds(-90));
  w.SetGuest(absl::Seconds(7));
  w.pair.guest.SetSlew(w.pair.now, 83'000'000);
  w.Polls(2);
  w.pair.guest.SetRate(w.pair.now, 2'000'000);
  w.Polls(2);
  w.LeapGuest(kTwoTo42);
  w.Polls(2);
  w.guest.OnUnreachable(longest, w.Now());
  const std::vector<Finding> findings = w.guest.findings();
  EXPECT_EQ(findings.size(), FindingLog::kMost);
  EXPECT_TRUE(std::any_of(
      findings.begin(), findings.end(),
      [](const Finding& finding) { return finding.glitch.has_value(); }));
  std::cout << w.guest.Bytes() << " bytes, " << sizeof(GuestAssessor)
            << " of them the assessor's own";
  EXPECT_LE(w.guest.Bytes(), 5120u);
  // In the middle of a suspicion.
  w.LeapGuest(absl::Seconds(3));
  Exchange suspicious = w.pair.Ask();
  w.tamper(suspicious);
  EXPECT_TRUE(w.guest.OnExchange(suspicious));
  std::cout << "; " << w.guest.Bytes() << " while something is suspected\n";
  EXPECT_LE(w.guest.Bytes(), 6144u);
  // The faults are there still, whatever fell out.
  EXPECT_THAT(w.Codes(), Contains("counter-jump"));
  EXPECT_THAT(w.Codes(), Contains("stood-still"));
  EXPECT_THAT(w.Codes(), Contains("rate-fault"));
}

}  // namespace
}  // namespace noonmark
