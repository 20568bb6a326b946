#include "common/estimate/raw_offset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/support/status_matchers.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::Holds;
using testing::IsOk;
using testing::kRawAfter;
using testing::kRawBefore;
using testing::kWholeGroup;
using testing::StatusIs;
using testing::VirtualMachine;
using testing::VirtualPair;
using testing::Way;

constexpr PartsPerBillion kRho = 500'000;
constexpr absl::Duration kNs = absl::Nanoseconds(1);
constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

// An exchange of exact readings: T1 at 100 s, T2 70 us later on a guest that is
// 7 s ahead, T3 20 us after it, T4 another 110 us later.
Exchange Plain() {
  Exchange e;
  e.host_sent.raw_before = e.host_sent.raw_after = absl::Seconds(100);
  e.guest.received.raw_before = e.guest.received.raw_after =
      absl::Seconds(107) + absl::Microseconds(70);
  e.guest.sent.raw_before = e.guest.sent.raw_after =
      absl::Seconds(107) + absl::Microseconds(90);
  e.host_received.raw_before = e.host_received.raw_after =
      absl::Seconds(100) + absl::Microseconds(200);
  return e;
}

TEST(RawOffsetTest, IsFromT3MinusT4ToT2MinusT1) {
  const auto offset = BoundRawOffset(Plain(), 0);
  ASSERT_THAT(offset, IsOk());
  // Without a rate error: rounding of the clocks and of our arithmetic.
  EXPECT_EQ(*offset->bound,
            (Interval{absl::Seconds(7) - absl::Microseconds(110),
                      absl::Seconds(7) + absl::Microseconds(70)}
                 .WidenedBy(2 * kNs)));
  EXPECT_EQ(offset->elapsed, absl::Microseconds(200));
  EXPECT_TRUE(offset->inner_jump.ContainsZero());
}

TEST(RawOffsetTest, IsWidenedByTheRateBoundOverItsLength) {
  const auto exact = BoundRawOffset(Plain(), 0);
  const auto wide = BoundRawOffset(Plain(), kRho);
  EXPECT_EQ(*wide->bound, exact->bound->WidenedBy(100 * kNs));
}

TEST(RawOffsetTest, NeverGetsNarrowerByMoreDelayOrAWiderBracket) {
  const auto plain = BoundRawOffset(Plain(), kRho);
  for (const absl::Duration more :
       {kNs, absl::Microseconds(1), absl::Milliseconds(20), absl::Hours(2)}) {
    SCOPED_TRACE(more);
    Exchange later = Plain();
    later.host_received.raw_before += more;
    later.host_received.raw_after += more;
    Exchange earlier = Plain();
    earlier.host_sent.raw_before -= more;
    earlier.host_sent.raw_after -= more;
    Exchange stolen = Plain();
    stolen.guest.sent.raw_after += more;
    stolen.host_received.raw_before += more;
    stolen.host_received.raw_after += more;
    Exchange torn = Plain();
    torn.guest.received.raw_after += more;
    torn.guest.sent.raw_before += more;
    torn.guest.sent.raw_after += more;
    torn.host_received.raw_before += more;
    torn.host_received.raw_after += more;
    for (const Exchange& e : {later, earlier, stolen, torn}) {
      const auto offset = BoundRawOffset(e, kRho);
      ASSERT_THAT(offset, IsOk());
      EXPECT_TRUE(plain->bound->Within(*offset->bound));
    }
  }
}

TEST(RawOffsetTest, IsTheSameWhereverTheClocksBegan) {
  const auto plain = BoundRawOffset(Plain(), kRho);
  Exchange moved = Plain();
  for (ClockReading* r : {&moved.host_sent, &moved.host_received,
                          &moved.guest.received, &moved.guest.sent}) {
    r->raw_before -= absl::Hours(99'999);
    r->raw_after -= absl::Hours(99'999);
  }
  EXPECT_EQ(BoundRawOffset(moved, kRho)->bound, plain->bound);
}

TEST(RawOffsetTest, ProvesALeapBetweenTheGuestsTwoReadings) {
  for (const absl::Duration leap :
       {kTwoTo42, -kTwoTo42, absl::Milliseconds(1), -absl::Milliseconds(1)}) {
    SCOPED_TRACE(leap);
    Exchange e = Plain();
    e.guest.sent.raw_before += leap;
    e.guest.sent.raw_after += leap;
    const auto offset = BoundRawOffset(e, kRho);
    ASSERT_THAT(offset, IsOk());
    EXPECT_FALSE(offset->bound.has_value());
    EXPECT_TRUE(offset->inner_jump.Contains(leap));
    EXPECT_FALSE(offset->inner_jump.ContainsZero());
    // Each reading alone still bounds the offset of its own moment.
    EXPECT_TRUE(offset->at_received.Contains(absl::Seconds(7)));
    EXPECT_TRUE(offset->at_sent.Contains(absl::Seconds(7) + leap));
  }
}

// A forward leap is seen as soon as the whole exchange is too short for it.
TEST(RawOffsetTest, SeesAForwardLeapThatTheDelaysCannotHide) {
  Exchange e = Plain();
  const absl::Duration hidden = absl::Microseconds(180) + 2 * kNs;  // delays
  e.guest.sent.raw_before += hidden;
  e.guest.sent.raw_after += hidden;
  EXPECT_TRUE(BoundRawOffset(e, 0)->bound.has_value());
  e.guest.sent.raw_before += kNs;
  e.guest.sent.raw_after += kNs;
  EXPECT_FALSE(BoundRawOffset(e, 0)->bound.has_value());
}

TEST(RawOffsetTest, SeesABackwardLeapBeyondTheResidence) {
  Exchange e = Plain();
  // 20 us passed between T2 and T3: to go back by no more is no proof.
  const absl::Duration hidden = absl::Microseconds(20) + 2 * kNs;
  e.guest.sent.raw_before -= hidden;
  e.guest.sent.raw_after -= hidden;
  EXPECT_TRUE(BoundRawOffset(e, 0)->bound.has_value());
  e.guest.sent.raw_before -= kNs;
  e.guest.sent.raw_after -= kNs;
  EXPECT_FALSE(BoundRawOffset(e, 0)->bound.has_value());
}

TEST(RawOffsetTest, TakesAPauseInsideTheExchangeForALongDelay) {
  for (const absl::Duration before_t2 :
       {absl::ZeroDuration(), absl::Microseconds(40)}) {
    VirtualPair pair;
    const Exchange whole = [&] {
      Exchange e;
      e.host_sent = pair.host.Read(pair.now);
      pair.now += before_t2;
      pair.guest.StandStill(pair.now, absl::Seconds(90));
      pair.now += absl::Seconds(90) + absl::Microseconds(40);
      e.guest.received = pair.guest.Read(pair.now);
      e.guest.sent = pair.guest.Read(pair.now + absl::Microseconds(9));
      e.host_received = pair.host.Read(pair.now + absl::Microseconds(99));
      return e;
    }();
    const auto offset = BoundRawOffset(whole, kRho);
    ASSERT_THAT(offset, IsOk());
    ASSERT_TRUE(offset->bound.has_value());
    // Holds the offset of before and after the pause.
    EXPECT_TRUE(offset->bound->ContainsZero());
    EXPECT_TRUE(offset->bound->Contains(absl::Seconds(-90)));
  }
}

TEST(RawOffsetTest, RefusesAHostWhoseCounterRanBackwards) {
  Exchange within_t1 = Plain();
  within_t1.host_sent.raw_after -= kNs;
  Exchange within_t4 = Plain();
  within_t4.host_received.raw_after -= kNs;
  Exchange between = Plain();
  between.host_received.raw_before = between.host_sent.raw_after - kNs;
  between.host_received.raw_after =
      between.host_sent.raw_after + absl::Hours(1);
  for (const Exchange& e : {within_t1, within_t4, between}) {
    EXPECT_THAT(BoundRawOffset(e, kRho),
                StatusIs(absl::StatusCode::kFailedPrecondition, "the host's"));
  }
  Exchange standing = Plain();
  standing.host_received.raw_before = standing.host_received.raw_after =
      standing.host_sent.raw_after;
  EXPECT_THAT(BoundRawOffset(standing, kRho), IsOk());
}

TEST(RawOffsetTest, RefusesAGuestsReadingThatEnclosesNothing) {
  for (const unsigned reading : {+kRawBefore, +kRawAfter}) {
    for (const int group : {0, 1}) {
      VirtualPair pair;
      pair.guest.Glitch(reading == kRawBefore ? kTwoTo42 : -kTwoTo42, reading,
                        group);
      EXPECT_THAT(BoundRawOffset(pair.Ask(), kRho),
                  StatusIs(absl::StatusCode::kFailedPrecondition, "guest's"));
    }
  }
}

}  // namespace
}  // namespace noonmark
