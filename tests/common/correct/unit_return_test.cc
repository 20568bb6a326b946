#include "common/correct/unit_return.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kSecond = absl::Seconds(1);

SeenUnit UnitOf(const std::string& name, ServiceRole role) {
  SeenUnit unit;
  unit.unit = name;
  unit.role = role;
  unit.ready_limit = 10 * kSecond;
  return unit;
}

// "start a", "ask a".
std::vector<std::string> Words(const std::vector<GuestAct>& acts) {
  std::vector<std::string> words;
  for (const GuestAct& act : acts) {
    if (const auto* start = std::get_if<StartUnit>(&act)) {
      words.push_back("start " + start->unit);
    } else {
      words.push_back("ask " + std::get<AskReady>(act).unit);
    }
  }
  return words;
}

class UnitReturnTest : public ::testing::Test {
 protected:
  UnitReturnTest() {
    way.Add(UnitOf("mta", ServiceRole::kMailTransfer));
    way.Add(UnitOf("store", ServiceRole::kMailStore));
  }
  UnitReturn way;
};

TEST_F(UnitReturnTest, StartsEachInItsTurnAndAsksUntilItServes) {
  EXPECT_THAT(Words(way.Next(1, {})), ElementsAre("start store"));
  EXPECT_THAT(Words(way.Next(1, {})), IsEmpty());
  way.Started("store", true, kSecond);
  EXPECT_THAT(Words(way.Next(1, kSecond)), ElementsAre("ask store"));
  way.Asked("store", false, kSecond);
  EXPECT_FALSE(way.Tried(1));
  EXPECT_THAT(Words(way.Next(1, kSecond)), IsEmpty());
  const absl::Duration next = way.NextMoment(1);
  EXPECT_GT(next, kSecond);
  EXPECT_THAT(Words(way.Next(1, next)), ElementsAre("ask store"));
  way.Asked("store", true, next);
  EXPECT_TRUE(way.Tried(1));
  EXPECT_FALSE(way.Over());
  EXPECT_THAT(Words(way.Next(3, next)), ElementsAre("start mta"));
  way.Started("mta", true, next);
  EXPECT_THAT(Words(way.Next(3, next)), ElementsAre("ask mta"));
  way.Asked("mta", true, next);
  EXPECT_TRUE(way.Over());
  EXPECT_THAT(way.Failed(), IsEmpty());
  EXPECT_EQ(way.NextMoment(3), absl::InfiniteDuration());
}

TEST_F(UnitReturnTest, TriesAtOnceAfterFiveAndAfterTwentySeconds) {
  std::vector<absl::Duration> starts;
  for (absl::Duration now; now <= absl::Minutes(2); now += kSecond) {
    if (way.Next(1, now).empty()) continue;
    starts.push_back(now);
    way.Started("store", false, now);
    // Mail transfer does not wait for what failed.
    EXPECT_TRUE(way.Tried(1));
  }
  EXPECT_THAT(starts, ElementsAre(0 * kSecond, 5 * kSecond, 20 * kSecond));
  EXPECT_THAT(way.Failed(), ElementsAre("store"));
}

TEST_F(UnitReturnTest, CountsNoTryThatNobodyHeard) {
  absl::Duration now;
  for (; now < absl::Minutes(5); now += kSecond) {
    ASSERT_THAT(Words(way.Next(1, now)), ElementsAre("start store"));
    way.NotHeard("store", now);
    EXPECT_FALSE(way.Tried(1));
    EXPECT_THAT(way.Failed(), IsEmpty());
    EXPECT_EQ(way.NextMoment(1), now + kSecond);
  }
  EXPECT_THAT(Words(way.Next(1, now)), ElementsAre("start store"));
  way.Started("store", true, now);
  EXPECT_THAT(Words(way.Next(1, now)), ElementsAre("ask store"));
}

TEST_F(UnitReturnTest, GivesUpWhatNeverServes) {
  way.Next(1, {});
  way.Started("store", true, {});
  absl::Duration now;
  while (!way.Tried(1)) {
    ASSERT_LE(now, 11 * kSecond);
    if (!way.Next(1, now).empty()) way.Asked("store", false, now);
    now += absl::Milliseconds(50);
  }
  EXPECT_GE(now, 10 * kSecond);
  EXPECT_THAT(way.Failed(), ElementsAre("store"));
}

TEST_F(UnitReturnTest, IgnoresAnswersNobodyAskedFor) {
  way.Started("store", true, {});
  way.Asked("store", true, {});
  way.Started("nobody", true, {});
  EXPECT_THAT(Words(way.Next(1, {})), ElementsAre("start store"));
}

}  // namespace
}  // namespace noonmark
