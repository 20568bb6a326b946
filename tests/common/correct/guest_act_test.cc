#include "common/correct/guest_act.h"

#include <gtest/gtest.h>

namespace noonmark {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);

ClockReading ReadingAt(absl::Duration boottime, absl::Duration real_minus_boot,
                       absl::Duration took = absl::Microseconds(10)) {
  ClockReading reading;
  reading.raw_before = boottime;
  reading.realtime = boottime + real_minus_boot;
  reading.monotonic = boottime;
  reading.boottime = boottime;
  reading.raw_after = boottime + took;
  return reading;
}

constexpr absl::Duration kBoot = absl::Seconds(1'790'000'000);

SeenUnit AtRest(const std::string& name,
                ServiceRole role = ServiceRole::kMailStore) {
  SeenUnit unit;
  unit.unit = name;
  unit.role = role;
  unit.known = true;
  return unit;
}

class MayMoveTest : public ::testing::Test {
 protected:
  MayMoveTest() {
    move.amount = -absl::Seconds(4398);
    move.also = {"dovecot.service"};
    move.not_after = absl::Seconds(100);
    move.real_minus_boot = Interval{kBoot - 10 * kMs, kBoot + 10 * kMs};
    move.real_minus_raw = Interval{kBoot - 25 * kMs, kBoot + 25 * kMs};
    units = {AtRest("dovecot.service"),
             AtRest("chrony.service", ServiceRole::kTimeDaemon)};
    reading = ReadingAt(absl::Seconds(100), kBoot);
  }
  Refusal Asked() const { return MayMove(move, units, reading); }

  MoveClock move;
  std::vector<SeenUnit> units;
  ClockReading reading;
};

TEST_F(MayMoveTest, LetsPassWhatIsAtRestInTime) {
  EXPECT_EQ(Asked(), Refusal::kNone);
}

TEST_F(MayMoveTest, WantsProofOfEveryUnit) {
  const auto not_at_rest = [this](auto&& change) {
    const SeenUnit before = units[0];
    change(units[0]);
    EXPECT_EQ(Asked(), Refusal::kNotAtRest);
    units[0] = before;
  };
  not_at_rest([](SeenUnit& unit) { unit.known = false; });
  not_at_rest([](SeenUnit& unit) { unit.has_processes = true; });
  not_at_rest([](SeenUnit& unit) { unit.listens = true; });
  for (ServiceState state : {ServiceState::kActive, ServiceState::kStarting,
                             ServiceState::kStopping}) {
    not_at_rest([state](SeenUnit& unit) { unit.state = state; });
  }
  units[0].state = ServiceState::kFailed;
  EXPECT_EQ(Asked(), Refusal::kNone);
  units.erase(units.begin());
  EXPECT_EQ(Asked(), Refusal::kNotAtRest);
}

TEST_F(MayMoveTest, LooksAtTimeDaemonsAloneWhereMailStaysUp) {
  move.all_at_rest = false;
  units[0].state = ServiceState::kActive;
  EXPECT_EQ(Asked(), Refusal::kNone);
  units[1].has_processes = true;
  EXPECT_EQ(Asked(), Refusal::kNotAtRest);
}

TEST_F(MayMoveTest, KeepsItsLastMoment) {
  reading.boottime += absl::Nanoseconds(1);
  reading.realtime += absl::Nanoseconds(1);
  EXPECT_EQ(Asked(), Refusal::kExpired);
}

TEST_F(MayMoveTest, SeesThatSomebodySetTheClock) {
  reading.realtime += 11 * kMs;
  EXPECT_EQ(Asked(), Refusal::kClockMoved);
  reading.realtime -= 22 * kMs;
  EXPECT_EQ(Asked(), Refusal::kClockMoved);
  reading.realtime += 2 * kMs;
  EXPECT_EQ(Asked(), Refusal::kNone);
}

TEST_F(MayMoveTest, SeesThatTheClockRanOff) {
  // BOOTTIME is slewed together with REALTIME and tells nothing.
  const auto slew = [&](absl::Duration by) {
    reading.raw_before -= by;
    reading.raw_after -= by;
  };
  slew(25 * kMs);
  EXPECT_EQ(Asked(), Refusal::kNone);
  slew(kMs);
  EXPECT_EQ(Asked(), Refusal::kClockMoved);
  slew(-51 * kMs);
  EXPECT_EQ(Asked(), Refusal::kNone);
  slew(-kMs);
  EXPECT_EQ(Asked(), Refusal::kClockMoved);
}

TEST_F(MayMoveTest, KeepsTheYearsThatAreLikely) {
  move.real_minus_boot =
      Interval{-absl::InfiniteDuration(), absl::InfiniteDuration()};
  move.real_minus_raw = move.real_minus_boot;
  const absl::Duration y2000 = absl::Seconds(946'684'800);
  const absl::Duration y2200 = absl::Seconds(7'258'118'400);
  move.amount = y2000 - reading.realtime;
  EXPECT_EQ(Asked(), Refusal::kNone);
  move.amount -= absl::Nanoseconds(1);
  EXPECT_EQ(Asked(), Refusal::kRange);
  move.amount = y2200 - reading.realtime - absl::Nanoseconds(1);
  EXPECT_EQ(Asked(), Refusal::kNone);
  move.amount += absl::Nanoseconds(1);
  EXPECT_EQ(Asked(), Refusal::kRange);
  for (absl::Duration amount :
       {absl::InfiniteDuration(), -absl::InfiniteDuration()}) {
    move.amount = amount;
    EXPECT_EQ(Asked(), Refusal::kRange);
  }
}

TEST(RealMinusBootTest, HoldsTheTruthWhereverTheReadingWasInterrupted) {
  // The truth is kBoot; BOOTTIME is read late by any part of the bracket.
  for (int late = 0; late <= 10; ++late) {
    for (int after = 0; after <= 10; ++after) {
      ClockReading reading = ReadingAt(absl::Seconds(50), kBoot);
      reading.boottime += late * kMs;
      reading.raw_after = reading.raw_before + (late + after) * kMs;
      EXPECT_TRUE(RealMinusBoot(reading).Contains(kBoot)) << late << after;
    }
  }
}

TEST(FateOfTest, TellsByHowTheClocksPartedOnly) {
  const Interval before = Interval::Exactly(kBoot);
  const auto fate = [&](absl::Duration amount, absl::Duration change) {
    return FateOf(amount, before, Interval::Exactly(kBoot + change), 10 * kMs);
  };
  const absl::Duration step = -absl::Seconds(60);
  EXPECT_EQ(fate(step, step), CorrectionFate::kMoved);
  EXPECT_EQ(fate(step, step + 10 * kMs), CorrectionFate::kMoved);
  EXPECT_EQ(fate(step, absl::ZeroDuration()), CorrectionFate::kNotMoved);
  EXPECT_EQ(fate(step, 10 * kMs), CorrectionFate::kNotMoved);
  // By something else, or both.
  EXPECT_EQ(fate(step, step + 11 * kMs), CorrectionFate::kUnknown);
  EXPECT_EQ(fate(step, 2 * step), CorrectionFate::kUnknown);
  EXPECT_EQ(fate(step, 11 * kMs), CorrectionFate::kUnknown);
  // Too small to be told from nothing.
  EXPECT_EQ(fate(15 * kMs, 8 * kMs), CorrectionFate::kUnknown);
}

}  // namespace
}  // namespace noonmark
