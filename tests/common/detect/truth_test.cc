// The truth is inside what is claimed, always: virtual machines whose clocks
// are known exactly are asked in every way that can happen to a question.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "common/detect/guest_tracker.h"
#include "common/estimate/raw_offset.h"
#include "common/estimate/realtime_offset.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::ExactTime;
using testing::Holds;
using testing::VirtualMachine;
using testing::VirtualPair;
using testing::Way;

constexpr int64_t kBillion = 1'000'000'000;
// Of a Linux kernel: tick 9000...11000, and 500 ppm.
constexpr PartsPerBillion kFastestSlew = 100'500'000;

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  // From lo to hi, ends included.
  int64_t From(int64_t lo, int64_t hi) {
    return lo +
           static_cast<int64_t>(random_() % static_cast<uint64_t>(hi - lo + 1));
  }
  bool OneIn(int64_t n) { return From(1, n) == 1; }

  // Mostly the delays of a quiet network; now and then none, or seconds.
  absl::Duration Delay() {
    switch (From(0, 9)) {
      case 0:
        return absl::ZeroDuration();
      case 1:
        return absl::Nanoseconds(From(0, 3'000'000'000));
      case 2:
        return absl::Nanoseconds(From(0, 50'000'000));
      default:
        return absl::Nanoseconds(From(0, 300'000));
    }
  }
  Bracket Around() {
    Bracket bracket;
    if (OneIn(4)) return bracket;
    const int64_t most = OneIn(20) ? 10'000'000 : 100;
    for (absl::Duration& gap : bracket.gaps) {
      gap = absl::Nanoseconds(From(0, most));
    }
    return bracket;
  }
  Way AnyWay() {
    return {Delay(), Delay(), Delay(), Around(), Around(), Around(), Around()};
  }
  PartsPerBillion Slew() {
    if (OneIn(2)) return 0;
    if (OneIn(3)) return OneIn(2) ? kFastestSlew : -kFastestSlew;
    return From(-kFastestSlew, kFastestSlew);
  }
  VirtualMachine::Start Start() {
    const auto any = [&] {
      return absl::Nanoseconds(
          From(-4 * kBillion * kBillion, 4 * kBillion * kBillion));
    };
    return {any(), any(), any(), any()};
  }
  // A guest's rate so that it is off from the host's by rho at the most.
  PartsPerBillion GuestRate(PartsPerBillion host, PartsPerBillion rho) {
    PartsPerBillion relative = From(-rho, rho);
    if (OneIn(3)) relative = OneIn(2) ? rho : -rho;
    return host + relative * (kBillion + host) / kBillion;
  }

 private:
  std::mt19937_64 random_;
};

struct Count {
  int64_t exchanges = 0;
  int64_t raw_misses = 0;
  int64_t real_misses = 0;
  int64_t suspicions = 0;
};

struct Distortion {
  // Of the guest's rate, beyond what the estimator is told.
  PartsPerBillion beyond = 0;
  // What is taken off each end of the bound.
  bool without_slack = false;
  // The host is taken for one that nobody slews.
  bool without_slews = false;
};

// `lives` pairs of machines, eight exchanges each.
Count Try(int lives, uint64_t seed, const Distortion& distortion) {
  Chance chance(seed);
  Count count;
  for (int life = 0; life < lives; ++life) {
    const PartsPerBillion rho = chance.From(0, 500'000);
    VirtualPair pair;
    pair.host = VirtualMachine(chance.Start());
    pair.guest = VirtualMachine(chance.Start());
    const PartsPerBillion host_rate = chance.From(-200'000, 200'000);
    PartsPerBillion guest_rate = chance.GuestRate(host_rate, rho);
    if (distortion.beyond > 0) guest_rate = host_rate + rho + distortion.beyond;
    pair.host.SetRate({}, host_rate);
    pair.guest.SetRate({}, guest_rate);
    pair.meanwhile = [&] {
      if (chance.OneIn(4)) pair.host.SetSlew(pair.now, chance.Slew());
      if (chance.OneIn(4)) pair.guest.SetSlew(pair.now, chance.Slew());
    };
    TrackerOptions options;
    options.rho = rho;
    GuestTracker tracker(options);
    for (int i = 0; i < 8; ++i) {
      const Exchange exchange = pair.Ask(chance.AnyWay());
      ++count.exchanges;

      const auto raw = BoundRawOffset(exchange, rho);
      if (!raw.ok() || !raw->bound.has_value()) {
        ++count.raw_misses;
        continue;
      }
      Interval bound = *raw->bound;
      if (distortion.without_slack) {
        bound =
            bound.WidenedBy(-(Drift(raw->elapsed, rho) + absl::Nanoseconds(1)));
      }
      // Linear in between: what holds at these moments holds at all.
      if (!Holds(bound, pair.raw_offset_asked) ||
          !Holds(bound, pair.raw_offset_answered)) {
        ++count.raw_misses;
      }

      if (tracker.OnExchange(exchange).suspicious) ++count.suspicions;
      std::optional<Interval> offset = tracker.EndBurst().offset;
      if (distortion.without_slews) {
        offset = BoundRealtimeOffset(exchange, rho);
      }
      if (!offset.has_value() || !Holds(*offset, pair.realtime_offset_sent)) {
        ++count.real_misses;
      }
      pair.now += chance.OneIn(4) ? absl::Seconds(chance.From(0, 100'000))
                                  : chance.Delay();
    }
  }
  return count;
}

TEST(TruthTest, LiesInEveryBoundOfAMillionRandomExchanges) {
  const Count count = Try(125'000, 20'250'101, {});
  EXPECT_EQ(count.raw_misses, 0);
  EXPECT_EQ(count.real_misses, 0);
  // Sound clocks are never suspected of anything.
  EXPECT_EQ(count.suspicions, 0);
  EXPECT_EQ(count.exchanges, 1'000'000);
  std::cout << count.exchanges << " exchanges, " << count.raw_misses
            << " misses of the counters' offset, " << count.real_misses
            << " of the clocks'\n";
  RecordProperty("exchanges", std::to_string(count.exchanges));
  RecordProperty("misses",
                 std::to_string(count.raw_misses + count.real_misses));
}

// The test above bites: what claims a little more is caught.
TEST(TruthTest, IsMissedByABoundWithoutTheRatesShare) {
  EXPECT_GT(Try(2'000, 1, {.without_slack = true}).raw_misses, 10);
}

TEST(TruthTest, IsMissedByABoundThatBelievesInNoSlew) {
  EXPECT_GT(Try(2'000, 1, {.without_slews = true}).real_misses, 10);
}

TEST(TruthTest, IsMissedWhereTheRateIsBeyondWhatTheEstimatorWasTold) {
  const Count count = Try(2'000, 1, {.beyond = 20'000});
  EXPECT_GT(count.raw_misses, 10);
  EXPECT_GT(count.suspicions, 10);
}

}  // namespace
}  // namespace noonmark
