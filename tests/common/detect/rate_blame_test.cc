#include "common/detect/rate_blame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

constexpr absl::Duration kEarly = absl::Seconds(5);
constexpr absl::Duration kPatience = absl::Minutes(10);
const RateInterval kFast = {790, 810};
const RateInterval kSlow = {-810, -790};

RateWitness Sound() { return {.claimed = {}, .sound = true, .leans = false}; }
RateWitness Leans() { return {.claimed = {}, .sound = false, .leans = true}; }
RateWitness NotYet() { return {}; }
RateWitness Claims(const RateInterval& rate) {
  return {.claimed = rate, .sound = false, .leans = true};
}
RateBlame Blame(const std::vector<RateWitness>& others,
                absl::Duration open_for = kEarly) {
  return BlameForRate(kFast, others, open_for, kPatience);
}

TEST(RateBlameTest, IsTheGuestsWhereAnotherRunsSoundly) {
  EXPECT_EQ(Blame({Sound()}), RateBlame::kGuest);
  EXPECT_EQ(Blame({NotYet(), Sound()}), RateBlame::kGuest);
  EXPECT_EQ(Blame({NotYet(), Sound(), NotYet(), Sound(), Sound()}),
            RateBlame::kGuest);
}

TEST(RateBlameTest, IsTheHostsWhereMostRunOffAlike) {
  EXPECT_EQ(Blame({Claims(kFast)}), RateBlame::kHost);
  EXPECT_EQ(Blame({Claims({700, 860}), Claims({805, 805}), Sound()}),
            RateBlame::kHost);
}

TEST(RateBlameTest, IsTheGuestsWhereMostRunOtherwise) {
  EXPECT_EQ(Blame({Claims(kFast), Sound(), Sound()}), RateBlame::kGuest);
  EXPECT_EQ(Blame({Claims(kSlow), Sound()}), RateBlame::kGuest);
}

TEST(RateBlameTest, IsOpenUntilSomebodyCanTell) {
  EXPECT_EQ(Blame({NotYet()}), RateBlame::kOpen);
  EXPECT_EQ(Blame({NotYet(), NotYet()}, kPatience), RateBlame::kGuest);
  EXPECT_EQ(Blame({NotYet(), Leans()}, kPatience), RateBlame::kOpen)
      << "it may be the host's";
  EXPECT_EQ(Blame({Sound(), Leans()}), RateBlame::kGuest);
  EXPECT_EQ(Blame({}), RateBlame::kGuest) << "nobody could ever tell";
}

// The host runs off, and the one that seems sound runs off as far by itself.
TEST(RateBlameTest, IsOpenWhereMostAreYetToSay) {
  EXPECT_EQ(Blame({NotYet(), Sound(), NotYet()}), RateBlame::kOpen);
  EXPECT_EQ(Blame({NotYet(), Sound(), NotYet()}, kPatience / 2),
            RateBlame::kGuest);
}

TEST(RateBlameTest, IsOpenWhereMostLeanThatWay) {
  EXPECT_EQ(Blame({Sound(), Leans(), Leans()}), RateBlame::kOpen);
  EXPECT_EQ(Blame({Sound(), Leans(), Leans()}, kPatience), RateBlame::kOpen);
  EXPECT_EQ(Blame({Sound(), Leans(), Claims(kFast)}), RateBlame::kHost);
  EXPECT_EQ(Blame({Sound(), Sound(), Sound(), Leans(), Leans()}),
            RateBlame::kGuest);
}

TEST(RateBlameTest, GivesWhatRatesHaveInCommon) {
  const RateInterval common = CommonRate({{790, 805}, {800, 820}, {780, 803}});
  EXPECT_EQ(common.lo_ppm, 800);
  EXPECT_EQ(common.hi_ppm, 803);
  const RateInterval hull = CommonRate({{790, 795}, {800, 820}});
  EXPECT_EQ(hull.lo_ppm, 790);
  EXPECT_EQ(hull.hi_ppm, 820);
}

// Some guests of one host, through the door of the core.
class SharedRateTest : public ::testing::Test {
 protected:
  static HostOptions Declared() {
    HostOptions options;
    options.trust = HostTrust::kDeclared;
    return options;
  }
  void Guests(int n) {
    for (int i = 0; i < n; ++i) {
      machines_.emplace_back();
      core_.Apply(PolicyInput{Name(i), GuestPolicy(), Now()});
    }
  }
  static std::string Name(int i) { return absl::StrCat("guest-", i); }
  MonotonicTime Now() {
    return MonotonicTime::FromReading(host_.Read(now_).monotonic);
  }
  void Poll() {
    const absl::Duration next = now_ + absl::Seconds(5);
    for (size_t g = 0; g < machines_.size(); ++g) {
      VirtualPair pair;
      pair.host = host_;
      pair.guest = machines_[g];
      pair.now = now_;
      bool again = true;
      for (int bursts = 0; again && bursts < 3; ++bursts) {
        for (int i = 0; i < 8; ++i) {
          const ExchangeInput input{Name(static_cast<int>(g)), pair.Ask()};
          if (core_.Apply(input).ask_again) pair.now += absl::Milliseconds(125);
        }
        now_ = pair.now;
        again = core_.Apply(BurstEndInput{Name(static_cast<int>(g)), Now()})
                    .ask_again;
      }
      core_.Apply(DisciplineInput{std::nullopt, Now()});
      for (size_t other = 0; other < machines_.size(); ++other) {
        if (Has(core_.guest(Name(static_cast<int>(other))).findings(),
                FindingCode::kRateFault)) {
          ever_blamed_.insert(static_cast<int>(other));
        }
      }
    }
    now_ = std::max(now_, next);
  }
  void Polls(int n) {
    for (int i = 0; i < n; ++i) Poll();
  }
  static bool Has(const std::vector<Finding>& findings, FindingCode code) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
      return f.code == code && f.active;
    });
  }
  bool HostIsBlamed() {
    return Has(core_.host().findings().Ordered(), FindingCode::kHostRate);
  }

  FleetAssessor core_{Declared(), AssessorOptions()};
  VirtualMachine host_;
  std::vector<VirtualMachine> machines_;
  absl::Duration now_ = absl::Seconds(1);
  std::set<int> ever_blamed_;
};

TEST_F(SharedRateTest, BlamesNoGuestForTheHostsCounter) {
  for (const PartsPerBillion ppb :
       {150'000, 400'000, 800'000, 2'000'000, -800'000, -20'000'000}) {
    SCOPED_TRACE(ppb);
    core_ = FleetAssessor(Declared(), AssessorOptions());
    machines_.clear();
    host_ = VirtualMachine();
    now_ = absl::Seconds(1);
    Guests(4);
    Polls(6);
    host_.SetRate(now_, ppb);
    Polls(50);
    EXPECT_TRUE(HostIsBlamed());
    EXPECT_TRUE(ever_blamed_.empty());
    const std::optional<Finding> found =
        core_.host().findings().Find(FindingCode::kHostRate);
    ASSERT_TRUE(found.has_value());
    const double ppm = static_cast<double>(ppb) / 1000;
    EXPECT_LT(found->rate->lo_ppm, ppm + std::abs(ppm) * 0.03 + 60);
    EXPECT_GT(found->rate->hi_ppm, ppm - std::abs(ppm) * 0.03 - 60);
    host_.SetRate(now_, 0);
    Polls(100);
    EXPECT_FALSE(HostIsBlamed());
    EXPECT_TRUE(ever_blamed_.empty());
  }
}

// What sound counters differ by is much of a small rate: here the guests see
// from 105 to 195 ppm of the host's 150. Those that see most claim it first.
TEST_F(SharedRateTest, BlamesNoGuestForASmallRateOfTheHost) {
  Guests(4);
  for (int i = 0; i < 4; ++i) machines_[i].SetRate(now_, 45'000 - 30'000 * i);
  Polls(30);
  host_.SetRate(now_, -150'000);
  Polls(150);
  EXPECT_TRUE(HostIsBlamed());
  EXPECT_TRUE(ever_blamed_.empty());
}

TEST_F(SharedRateTest, BlamesAGuestForASmallRateThatOthersDoNotShare) {
  Guests(2);
  machines_[0].SetRate(now_, -45'000);
  machines_[1].SetRate(now_, 45'000);
  Polls(30);
  machines_[0].SetRate(now_, -45'000 + 250'000);
  Polls(150);
  EXPECT_FALSE(HostIsBlamed());
  EXPECT_EQ(ever_blamed_, std::set<int>({0}));
}

TEST_F(SharedRateTest, BlamesTheOneGuestThatRunsOff) {
  for (const PartsPerBillion ppb : {180'000, 2'000'000, -50'000'000}) {
    SCOPED_TRACE(ppb);
    core_ = FleetAssessor(Declared(), AssessorOptions());
    machines_.clear();
    ever_blamed_.clear();
    Guests(4);
    Polls(6);
    machines_[2].SetRate(now_, ppb);
    Polls(50);
    EXPECT_FALSE(HostIsBlamed());
    EXPECT_EQ(ever_blamed_, std::set<int>({2}));
    EXPECT_TRUE(Has(core_.guest(Name(2)).findings(), FindingCode::kRateFault));
  }
}

// More than a kernel can mend is told in a poll or two, not after minutes.
TEST_F(SharedRateTest, TellsALargeRateSoon) {
  Guests(4);
  Polls(6);
  machines_[2].SetRate(now_, 5'000'000);
  Polls(4);
  EXPECT_EQ(ever_blamed_, std::set<int>({2}));
}

}  // namespace
}  // namespace noonmark
