#include "common/estimate/realtime_offset.h"

#include <gtest/gtest.h>

#include <optional>

#include "absl/time/time.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::Holds;
using testing::VirtualMachine;
using testing::VirtualPair;
using testing::Way;

constexpr absl::Duration kNs = absl::Nanoseconds(1);
// The kernel's fastest slew and a rate error of 500 ppm.
constexpr PartsPerBillion kRate = 111'500'000;

Way Instant(absl::Duration out, absl::Duration residence, absl::Duration back) {
  Way way;
  way.out = out;
  way.residence = residence;
  way.back = back;
  way.t1 = way.t2 = way.t3 = way.t4 = Bracket();
  return way;
}

TEST(RealtimeOffsetTest, IsAsWideAsTheDelays) {
  VirtualPair pair;
  pair.guest.SetRealtime({}, absl::Seconds(-6));
  const Exchange e = pair.Ask(Instant(
      absl::Microseconds(70), absl::Microseconds(20), absl::Microseconds(110)));
  const std::optional<Interval> offset = BoundRealtimeOffset(e, 0);
  ASSERT_TRUE(offset.has_value());
  EXPECT_EQ(*offset,
            (Interval{absl::Seconds(-6) - absl::Microseconds(110),
                      absl::Seconds(-6) + absl::Microseconds(70) + 2 * kNs}
                 .WidenedBy(kNs)));
}

// On a leg without delay the bound's end is the truth itself: whatever the
// host is slewed by while the question is on its way or with the guest.
TEST(RealtimeOffsetTest, HoldsWhileTheHostIsSlewedToAndFro) {
  for (const absl::Duration length :
       {absl::Microseconds(300), absl::Seconds(3)}) {
    for (const PartsPerBillion slew : {-100'500'000, 0, 100'500'000}) {
      for (const PartsPerBillion then : {-100'500'000, 0, 100'500'000}) {
        for (const bool at_once : {true, false}) {
          VirtualPair pair;
          pair.host.SetSlew({}, slew);
          Exchange e;
          e.host_sent = pair.host.Read(pair.now);
          if (!at_once) pair.now += length;
          e.guest.received = pair.guest.Read(pair.now);
          pair.now += length;
          e.guest.sent = pair.guest.Read(pair.now);
          const auto truth = pair.RealtimeOffset(pair.now);
          pair.host.SetSlew(pair.now, then);
          if (at_once) pair.now += length;
          e.host_received = pair.host.Read(pair.now);
          const std::optional<Interval> offset = BoundRealtimeOffset(e, kRate);
          ASSERT_TRUE(offset.has_value());
          EXPECT_TRUE(Holds(*offset, truth)) << length << slew << then;
          // One that believes in no slew is broken by the first.
          if (at_once && slew < 0) {
            EXPECT_FALSE(Holds(*BoundRealtimeOffset(e, 0), truth));
          }
        }
      }
    }
  }
}

TEST(RealtimeOffsetTest, IsNotToldWhereTheHostWasSetMeanwhile) {
  for (const absl::Duration by :
       {absl::Seconds(30), -absl::Seconds(30), absl::Microseconds(1)}) {
    VirtualPair pair;
    Exchange e = pair.Ask();
    pair.host.SetRealtime(pair.now, by);
    e.host_received = pair.host.Read(pair.now, Way().t4);
    EXPECT_FALSE(BoundRealtimeOffset(e, kRate).has_value());
  }
}

TEST(RealtimeOffsetTest, IsTheNewOneWhereTheGuestWasSetMeanwhile) {
  VirtualPair pair;
  Exchange e;
  e.host_sent = pair.host.Read(pair.now);
  e.guest.received = pair.guest.Read(pair.now);
  pair.guest.SetRealtime(pair.now, absl::Seconds(-6));
  e.guest.sent = pair.guest.Read(pair.now);
  e.host_received = pair.host.Read(pair.now);
  const std::optional<Interval> offset = BoundRealtimeOffset(e, kRate);
  ASSERT_TRUE(offset.has_value());
  EXPECT_EQ(*offset, Interval::Exactly(absl::Seconds(-6)).WidenedBy(kNs));
}

TEST(RealtimeOffsetTest, OfOneReadingHoldsWhereTheGuestsCounterBroke) {
  VirtualPair pair;
  const absl::Duration leap = absl::Nanoseconds(int64_t{1} << 42);
  pair.guest.Glitch(leap, testing::kWholeGroup, 1);
  const Exchange e = pair.Ask();
  EXPECT_TRUE(CausalRealtimeOffset(e, e.guest.received).ContainsZero());
  EXPECT_TRUE(CausalRealtimeOffset(e, e.guest.sent).Contains(leap));
}

}  // namespace
}  // namespace noonmark
