// One run of each row: the table itself is a long run.
#include "tests/simulation/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/provable.h"
#include "tests/simulation/truth.h"

namespace noonmark::simulation {
namespace {

TEST(MatrixTest, NamesEachFaultAtOneSizeAtLeast) {
  for (const FaultKind& kind : AllFaultKinds()) {
    const Cell cell = RunFault(kind, absl::Seconds(6), /*seed=*/11);
    EXPECT_EQ(cell.runs, 1u);
    EXPECT_TRUE(cell.Good()) << kind.name << ": " << cell.example;
  }
}

// The first answer was asked before the pause and leaves nearly all of it open;
// those after it are too wide to tell a line from a rate.
TEST(MatrixTest, NamesAPauseOnASlowWay) {
  const auto kinds = AllFaultKinds();
  const auto pause =
      std::find_if(kinds.begin(), kinds.end(),
                   [](const FaultKind& kind) { return kind.name == "pause"; });
  ASSERT_NE(pause, kinds.end());
  EXPECT_TRUE(RunFault(*pause, absl::Seconds(90), 69).Good());
  EXPECT_TRUE(RunFault(*pause, absl::Hours(1), 23).Good());
  EXPECT_TRUE(RunFault(*pause, absl::Seconds(4398.046), 44).Good());
}

TEST(MatrixTest, IsTheSameForTheSameSeed) {
  const FaultKind& kind = AllFaultKinds()[0];
  const Cell one = RunFault(kind, absl::Seconds(90), 3);
  const Cell other = RunFault(kind, absl::Seconds(90), 3);
  EXPECT_EQ(one.right, other.right);
  EXPECT_EQ(one.slowest, other.slowest);
}

// A row that claims something else is not right.
TEST(MatrixTest, SeesAWrongNameAndAWrongSize) {
  const auto kinds = AllFaultKinds();
  FaultKind set = *std::find_if(
      kinds.begin(), kinds.end(),
      [](const FaultKind& kind) { return kind.name == "guest set"; });
  EXPECT_TRUE(RunFault(set, absl::Seconds(6), 1).Good());
  set.moves = 2;
  EXPECT_EQ(RunFault(set, absl::Seconds(6), 1).right, 0u);
  set.moves = 1;
  set.findings = set.negative = {"counter-jump"};
  EXPECT_EQ(RunFault(set, absl::Seconds(6), 1).right, 0u);
  // An offset that nobody tells of within two polls: there is none here.
  set.inject = [](Fleet& f, GuestId g, absl::Duration t, absl::Duration) {
    f.At(t).Set(g, absl::Milliseconds(300));
  };
  EXPECT_EQ(RunFault(set, absl::Seconds(6), 1).flagged_late, 1u);
}

// A way of 20 ms leaves 67 ppm open over 5 min, and 17 ppm over 20 min.
TEST(ProvableRatesTest, FollowFromTheTruthAndTheLengthOfTheWay) {
  GuestTraits traits;
  traits.network.least = absl::Milliseconds(10);
  Fleet fleet(/*seed=*/1, FleetOptions());
  const GuestId fast = fleet.AddGuest("fast", traits);
  const GuestId sound = fleet.AddGuest("sound", traits);
  ProvableRates rates(fleet);
  const absl::Duration when = absl::Seconds(60);
  fleet.At(when).SetRate(fast, 150'000);
  fleet.Run(absl::Minutes(30));
  EXPECT_TRUE(rates.IsProvable(fast, 130, when, absl::Minutes(20)));
  EXPECT_TRUE(rates.IsProvable(fast, 80, when, absl::Minutes(5)));
  EXPECT_FALSE(rates.IsProvable(fast, 90, when, absl::Minutes(5)));
  EXPECT_FALSE(
      rates.IsProvable(fast, 80, absl::ZeroDuration(), absl::Minutes(5)))
      << "not before it began";
  EXPECT_FALSE(rates.IsProvable(sound, 1, when, absl::Minutes(20)));
  EXPECT_FALSE(rates.IsProvable(fast, 1, when, absl::Hours(1))) << "not yet";
}

TEST(TruthTest, ComparesEveryExchangeOfALifeOfFaults) {
  TruthTally all;
  for (uint64_t seed = 1; seed <= 10; ++seed) all.Add(TruthOfALife(seed));
  EXPECT_EQ(all.Misses(), 0u) << (all.words.empty() ? "" : all.words[0]);
  EXPECT_GT(all.exchanges, 30'000u);
  EXPECT_EQ(all.counters.proofs, all.exchanges - all.broken - all.made_up);
  EXPECT_GT(all.clocks.proofs, all.counters.proofs - 100);
  EXPECT_GT(all.published.proofs, 3000u);
}

// The watch itself: a truth that is elsewhere is a miss.
TEST(TruthTest, ItsWatchSeesAMiss) {
  Fleet fleet(/*seed=*/1, FleetOptions());
  const GuestId mail = fleet.AddGuest("mail");
  class Liar final : public Fleet::Observer {
   public:
    explicit Liar(TruthWatch& watch) : watch_(watch) {}
    void OnAnswer(GuestId guest, const Asked& asked,
                  const Exchange& exchange) override {
      Asked lie = asked;
      lie.offset_t3 += testing::ExactTime::Of(absl::Milliseconds(2));
      watch_.OnAnswer(guest, lie, exchange);
    }
    void OnPublished(const HostSnapshot&) override {}
    void OnDeed(GuestId, const Deed&) override {}

   private:
    TruthWatch& watch_;
  };
  TruthWatch watch(fleet);
  Liar liar(watch);
  fleet.Observe(&liar);
  fleet.Run(absl::Minutes(1));
  EXPECT_EQ(watch.tally().counters.misses, 0u);
  EXPECT_GT(watch.tally().clocks.misses, 50u);
  EXPECT_EQ(watch.tally().clocks.misses * 2, watch.tally().clocks.proofs);
  EXPECT_EQ(fleet.row(mail)->verdict, Verdict::kOk);
}

}  // namespace
}  // namespace noonmark::simulation
