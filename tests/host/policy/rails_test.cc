#include "host/policy/rails.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

MonotonicTime At(absl::Duration since) {
  return MonotonicTime::FromReading(absl::Hours(100) + since);
}

absl::Time Noon() {
  return absl::FromCivil(absl::CivilHour(2026, 11, 28, 12),
                         absl::UTCTimeZone());
}

class RailsTest : public ::testing::Test {
 protected:
  RailsTest() {
    guest_.mode = CorrectionMode::kCorrect;
    Fleet({.guests = 10, .judged = 10});
  }
  void Fleet(const FleetView& view) { rails_.OnFleet(view); }
  std::vector<Rail> Refusing(const std::string& guest = "a",
                             Initiator initiator = Initiator::kOperator,
                             bool quiesces = true, bool corrects = true) {
    std::vector<Rail> refusing;
    for (const Objection& objection : rails_.ObjectionsTo(
             guest, guest_, initiator, quiesces, corrects, now_, Noon())) {
      EXPECT_THAT(objection.why, ::testing::EndsWith("."));
      EXPECT_THAT(objection.remedy, ::testing::EndsWith("."));
      refusing.push_back(objection.rail);
    }
    return refusing;
  }
  bool TakeSlot(const std::string& guest) {
    std::string why;
    const bool taken = rails_.TakeSlot(guest, guest_, &why);
    EXPECT_EQ(taken, why.empty());
    return taken;
  }

  Rails rails_{RailLimits()};
  GuestRails guest_;
  MonotonicTime now_ = At(absl::ZeroDuration());
};

TEST_F(RailsTest, LetModesSayWhoMay) {
  struct Case {
    CorrectionMode mode;
    bool by_order;
    bool by_itself;
  };
  for (const Case& c : {Case{CorrectionMode::kObserve, false, false},
                        Case{CorrectionMode::kAdvise, true, false},
                        Case{CorrectionMode::kCorrect, true, true}}) {
    SCOPED_TRACE(ModeName(c.mode));
    guest_.mode = c.mode;
    EXPECT_EQ(Refusing("a", Initiator::kOperator).empty(), c.by_order);
    EXPECT_EQ(Refusing("a", Initiator::kItself).empty(), c.by_itself);
  }
  EXPECT_EQ(GuestRails().mode, CorrectionMode::kObserve);
}

TEST_F(RailsTest, BindItselfToWindowsAndNoOperator) {
  guest_.windows = {*ParseWindow("01:00-05:00"), *ParseWindow("22:00-24:00")};
  EXPECT_THAT(Refusing("a", Initiator::kItself), ElementsAre(Rail::kWindow));
  EXPECT_THAT(Refusing("a", Initiator::kOperator), IsEmpty());
  EXPECT_THAT(rails_
                  .ObjectionsTo("a", guest_, Initiator::kItself, true, true,
                                now_, Noon())[0]
                  .remedy,
              HasSubstr("01:00-05:00 or 22:00-24:00"));
  guest_.windows.push_back(*ParseWindow("12:00-12:01"));
  EXPECT_THAT(Refusing("a", Initiator::kItself), IsEmpty());
}

TEST_F(RailsTest, AllowOneCorrectionInTenMinutes) {
  rails_.Begin("a", /*corrects=*/true, now_);
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBusy, Rail::kBudget));
  rails_.End("a");
  now_ += absl::Minutes(10) - absl::Nanoseconds(1);
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBudget));
  EXPECT_THAT(Refusing("b"), IsEmpty());
  now_ += absl::Nanoseconds(1);
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, AllowThreeCorrectionsInADayUntilItIsReleased) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(rails_.BudgetSpent("a", now_));
    rails_.Begin("a", /*corrects=*/true, now_);
    rails_.End("a");
    now_ += absl::Hours(1);
  }
  EXPECT_TRUE(rails_.BudgetSpent("a", now_));
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBudget));
  rails_.Hold("a", "corrected 3 times in a day");
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kHeld, Rail::kBudget));
  EXPECT_TRUE(rails_.Release("a"));
  EXPECT_FALSE(rails_.Release("a"));
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, ForgetABudgetAfterADay) {
  for (int i = 0; i < 3; ++i) {
    rails_.Begin("a", /*corrects=*/true, now_);
    rails_.End("a");
    now_ += absl::Hours(1);
  }
  now_ += absl::Hours(21) - absl::Nanoseconds(1);
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBudget));
  now_ += absl::Nanoseconds(1);
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, CountNoRestWithoutACorrection) {
  rails_.Begin("a", /*corrects=*/false, now_);
  rails_.End("a");
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, LetOneOfAGroupRest) {
  Fleet({.guests = 100, .judged = 100});
  guest_.group = "mail";
  EXPECT_TRUE(TakeSlot("a"));
  EXPECT_TRUE(TakeSlot("a"));
  EXPECT_THAT(Refusing("b"), ElementsAre(Rail::kGroupSlots));
  EXPECT_FALSE(TakeSlot("b"));
  EXPECT_THAT(Refusing("b", Initiator::kOperator, /*quiesces=*/false),
              IsEmpty());
  guest_.group_slots = 2;
  EXPECT_THAT(Refusing("b"), IsEmpty());
  guest_.group = "other";
  guest_.group_slots = 1;
  EXPECT_TRUE(TakeSlot("b"));
  guest_.group = "mail";
  EXPECT_THAT(Refusing("c"), ElementsAre(Rail::kGroupSlots));
  rails_.FreeSlot("a");
  EXPECT_THAT(Refusing("c"), IsEmpty());
}

TEST_F(RailsTest, LetAFewOfAHostRest) {
  struct Case {
    int guests;
    int slots;
  };
  for (const Case& c : {Case{0, 1}, Case{1, 1}, Case{39, 1}, Case{40, 2},
                        Case{100, 5}, Case{1000, 50}}) {
    SCOPED_TRACE(c.guests);
    rails_ = Rails(RailLimits());
    Fleet({.guests = c.guests});
    for (int i = 0; i < c.slots; ++i) {
      EXPECT_TRUE(TakeSlot(absl::StrCat("guest-", i)));
    }
    EXPECT_FALSE(TakeSlot("one-more"));
    EXPECT_THAT(Refusing("one-more"), ElementsAre(Rail::kFleetSlots));
  }
}

TEST_F(RailsTest, CountWhatRestsFromBeforeARestart) {
  guest_.group = "mail";
  rails_.KeepSlot("a", "mail");
  rails_.KeepSlot("b", "");
  EXPECT_THAT(Refusing("c"), ElementsAre(Rail::kGroupSlots));
  rails_.FreeSlot("a");
  EXPECT_THAT(Refusing("c"), ElementsAre(Rail::kFleetSlots));
}

TEST_F(RailsTest, OpenTheBreakerAfterTwoFailedResumes) {
  rails_.OnResumeFailed("mail-1");
  EXPECT_THAT(Refusing(), IsEmpty());
  rails_.OnResumeFailed("mail-2");
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBreaker));
  EXPECT_THAT(rails_.breaker(), HasSubstr("the last of mail-2"));
  rails_.CloseBreaker();
  EXPECT_THAT(Refusing(), IsEmpty());
  rails_.OnResumeFailed("mail-1");
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, OpenTheBreakerWhenManyGuestsGoWrong) {
  Fleet({.guests = 4, .judged = 4, .flagged_lately = 4});
  EXPECT_THAT(Refusing(), IsEmpty());  // too few to tell
  Fleet({.guests = 10, .judged = 10, .flagged_lately = 2});
  EXPECT_THAT(Refusing(), IsEmpty());
  Fleet({.guests = 10, .judged = 10, .flagged_lately = 3});
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBreaker));
  // It stays open when they are right again.
  Fleet({.guests = 10, .judged = 10});
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBreaker));
}

TEST_F(RailsTest, SuspectTheHostWhenMostGuestsAreWrongAlike) {
  Fleet({.guests = 10, .judged = 10, .ahead = 5});
  EXPECT_THAT(Refusing(), IsEmpty());
  Fleet({.guests = 4, .judged = 4, .ahead = 4});
  EXPECT_THAT(Refusing(), IsEmpty());
  Fleet({.guests = 10, .judged = 10, .ahead = 4, .behind = 3});
  EXPECT_THAT(Refusing(), IsEmpty());
  Fleet({.guests = 10, .judged = 10, .behind = 6});
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kBreaker, Rail::kSuspectHost));
  // Resting alone moves no clock.
  EXPECT_THAT(Refusing("a", Initiator::kOperator, true, /*corrects=*/false),
              ElementsAre(Rail::kBreaker));
}

TEST_F(RailsTest, SwitchAllOff) {
  rails_.SwitchOff("by an operator");
  EXPECT_THAT(Refusing(), ElementsAre(Rail::kOff));
  rails_.SwitchOff("");
  EXPECT_THAT(Refusing(), IsEmpty());
}

TEST_F(RailsTest, KeepEachRefusalWithItsRail) {
  const Objection mode{Rail::kMode, "why.", "remedy."};
  const Objection held{Rail::kHeld, "why.", "remedy."};
  EXPECT_TRUE(rails_.Refused("a", mode, Initiator::kItself, now_));
  EXPECT_FALSE(
      rails_.Refused("a", mode, Initiator::kItself, now_ + absl::Seconds(5)));
  EXPECT_TRUE(
      rails_.Refused("a", held, Initiator::kItself, now_ + absl::Seconds(6)));
  EXPECT_TRUE(
      rails_.Refused("a", mode, Initiator::kOperator, now_ + absl::Seconds(7)));
  EXPECT_TRUE(
      rails_.Refused("a", mode, Initiator::kOperator, now_ + absl::Seconds(8)));
  const std::vector<KeptRefusal> kept = rails_.RefusalsOf("a");
  ASSERT_THAT(kept, SizeIs(3));
  EXPECT_EQ(kept[0].initiator, Initiator::kOperator);
  EXPECT_EQ(kept[0].times, 2u);
  EXPECT_EQ(kept[1].objection.rail, Rail::kHeld);
  EXPECT_EQ(kept[2].objection.rail, Rail::kMode);
  EXPECT_EQ(kept[2].times, 2u);
  EXPECT_EQ(kept[2].first, now_);
  EXPECT_EQ(kept[2].last, now_ + absl::Seconds(5));
  EXPECT_THAT(rails_.RefusalsOf("b"), IsEmpty());
  rails_.Forget("a");
  EXPECT_THAT(rails_.RefusalsOf("a"), IsEmpty());
}

TEST_F(RailsTest, KeepNoMoreRefusalsThanTheirBound) {
  for (const Rail rail : AllRails()) {
    rails_.Refused("a", {rail, "w.", "r."}, Initiator::kItself, now_);
  }
  EXPECT_THAT(rails_.RefusalsOf("a"), SizeIs(Rails::kMostKept));
  EXPECT_EQ(rails_.RefusalsOf("a")[0].objection.rail, AllRails().back());
}

TEST_F(RailsTest, RememberWhatOutlivesTheDaemon) {
  rails_.Begin("a", true, now_ - absl::Hours(25));
  rails_.Begin("a", true, now_);
  rails_.Hold("b", "looks odd");
  rails_.OnResumeFailed("c");
  const Rails::Memory memory = rails_.Remember(now_);
  EXPECT_THAT(memory.begun.at("a"), ElementsAre(now_));

  rails_ = Rails(RailLimits());
  rails_.Recall(memory);
  EXPECT_THAT(Refusing("a"), ElementsAre(Rail::kBudget));
  EXPECT_THAT(Refusing("b"), ElementsAre(Rail::kHeld));
  rails_.OnResumeFailed("c");
  EXPECT_THAT(Refusing("c"), ElementsAre(Rail::kBreaker));
}

TEST(FleetViewTest, CountsWhoIsOffAndInWhichDirection) {
  FleetView view;
  const RailLimits limits;
  const MonotonicTime now = At(absl::ZeroDuration());
  const auto add = [&](Verdict verdict, absl::Duration offset,
                       absl::Duration ago) {
    view.Add(verdict, now - ago, Interval::Exactly(offset),
             absl::ZeroDuration(), limits, now);
  };
  add(Verdict::kOk, absl::Seconds(1), absl::ZeroDuration());
  add(Verdict::kWrong, absl::Seconds(1), absl::Minutes(10));
  add(Verdict::kWrong, absl::Seconds(-1),
      absl::Minutes(10) - absl::Nanoseconds(1));
  add(Verdict::kDiffers, absl::Seconds(1), absl::ZeroDuration());
  add(Verdict::kUnknown, absl::Seconds(1), absl::ZeroDuration());
  add(Verdict::kSuspended, absl::Seconds(1), absl::ZeroDuration());
  add(Verdict::kUncertain, absl::Seconds(1), absl::ZeroDuration());
  view.Add(Verdict::kWrong, now, Interval::Exactly(-absl::Minutes(50)),
           -absl::Hours(1), limits, now);
  EXPECT_EQ(view.guests, 8);
  EXPECT_EQ(view.judged, 5);
  EXPECT_EQ(view.flagged_lately, 3);
  EXPECT_EQ(view.ahead, 3);
  EXPECT_EQ(view.behind, 1);
}

}  // namespace
}  // namespace noonmark
