// Readings at the ends of what int64 nanoseconds hold and at the dates where
// calendars break, on either side, from the wire to the verdict: refused, or
// judged rightly. Under UBSan no arithmetic on them overflows.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/evidence.h"
#include "common/detect/fleet_assessor.h"
#include "common/estimate/format.h"
#include "common/rpc/clock_wire.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::VirtualMachine;
using ::noonmark::testing::VirtualPair;

const std::string kGuest = "guest";
constexpr absl::Duration kFirst =
    absl::Nanoseconds(std::numeric_limits<int64_t>::min());
constexpr absl::Duration kLast =
    absl::Nanoseconds(std::numeric_limits<int64_t>::max());
// Before it a clock was never set.
constexpr absl::Duration kYear2000 = absl::Seconds(946'684'800);

struct Date {
  std::string name;
  absl::Duration since_1970;
};

// Each is passed while somebody looks, where it is a limit.
std::vector<Date> Dates() {
  const absl::Duration before = absl::Seconds(8);
  return {{"the first nanosecond, 1677", kFirst},
          {"2^31 s before 1970", absl::Seconds(-(int64_t{1} << 31)) - before},
          {"1970", -before},
          {"2025", absl::Seconds(1'735'689'600)},
          {"2^60 ns", absl::Nanoseconds(int64_t{1} << 60) - before},
          {"NTP's era 1, 2036", absl::Seconds(2'085'978'496) - before},
          {"2^31 s, 2038", absl::Seconds(int64_t{1} << 31) - before},
          {"2^32 s, 2106", absl::Seconds(int64_t{1} << 32) - before},
          {"the last hour, 2262", kLast - absl::Hours(1)}};
}

// As it comes from the agent.
absl::StatusOr<GuestReading> OverTheWire(const GuestReading& reading) {
  v1::ClockExchange sent;
  EncodeGuestReading(reading, &sent);
  v1::ClockExchange received;
  EXPECT_TRUE(received.ParseFromString(sent.SerializeAsString()));
  return DecodeClockExchange(received);
}

class Watch {
 public:
  Watch(const VirtualMachine::Start& host, const VirtualMachine::Start& guest)
      : core_(HostOptions(), AssessorOptions()) {
    pair_.host = VirtualMachine(host);
    pair_.guest = VirtualMachine(guest);
    pair_.now = absl::Seconds(1);
    discipline_.max_error = absl::Microseconds(20'003);
    discipline_.estimated_error = absl::Microseconds(10);
    core_.Apply(PolicyInput{kGuest, GuestPolicy(), HostNow()});
  }

  Exchange Ask() { return pair_.Ask(); }
  void Begin() {
    core_.Apply(HostReadingInput{pair_.host.Read(pair_.now)});
    core_.Apply(DisciplineInput{discipline_, HostNow()});
  }
  // Nothing: refused.
  bool Answer(Exchange exchange) {
    absl::StatusOr<GuestReading> reading = OverTheWire(exchange.guest);
    if (!reading.ok()) {
      EXPECT_THAT(reading, StatusIs(absl::StatusCode::kInvalidArgument));
      return false;
    }
    exchange.guest = *std::move(reading);
    core_.Apply(ExchangeInput{kGuest, exchange});
    return true;
  }
  void End() {
    core_.Apply(BurstEndInput{kGuest, HostNow()});
    pair_.now += absl::Seconds(5);
  }
  void Poll() {
    Begin();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(Answer(Ask()));
    End();
  }
  // Of the last question, as far as readings can show it.
  absl::Duration Truth() const {
    return pair_.realtime_offset_sent.FloorNanoseconds();
  }
  const GuestAssessor& guest() { return core_.guest(kGuest); }
  const HostTracker& host() const { return core_.host(); }
  MonotonicTime HostNow() {
    return MonotonicTime::FromReading(
        pair_.host.Monotonic(pair_.now).FloorNanoseconds());
  }
  VirtualPair& pair() { return pair_; }
  // All that people are shown: nothing of it overflows either.
  size_t WriteItAll() {
    size_t length = 0;
    if (guest().offset().has_value()) {
      length += FormatOffset(*guest().offset()).size() +
                FormatInterval(*guest().offset()).size();
    }
    for (const Finding& finding : guest().findings()) {
      length += Summarize(finding).size();
      for (const EvidenceLine& line : EvidenceOf(
               finding, absl::UnixEpoch() + absl::Hours(24 * 365 * 55))) {
        length += line.text.size();
      }
    }
    return length;
  }

 private:
  FleetAssessor core_;
  VirtualPair pair_;
  KernelDiscipline discipline_;
};

bool Told(const std::vector<Finding>& findings, FindingCode code) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& f) { return f.code == code; });
}

TEST(ExtremeValuesTest, JudgesRightlyAtEveryDateOfEitherSide) {
  for (const Date& host_date : Dates()) {
    for (const Date& guest_date : Dates()) {
      SCOPED_TRACE(absl::StrCat("host at ", host_date.name, ", guest at ",
                                guest_date.name));
      VirtualMachine::Start host;
      host.realtime = host_date.since_1970;
      VirtualMachine::Start guest;
      guest.realtime = guest_date.since_1970;
      Watch watch(host, guest);
      for (int i = 0; i < 5; ++i) {
        watch.Poll();
        ASSERT_TRUE(watch.guest().offset().has_value());
        ASSERT_TRUE(watch.guest().offset()->Contains(watch.Truth()));
        ASSERT_LT(watch.guest().offset()->Width(), absl::Milliseconds(1));
      }
      const bool same = host_date.name == guest_date.name;
      EXPECT_EQ(watch.guest().verdict(), same ? Verdict::kOk : Verdict::kWrong)
          << watch.guest().reason();
      EXPECT_EQ(Told(watch.guest().findings(), FindingCode::kClockUnset),
                !same && guest_date.since_1970 < kYear2000);
      EXPECT_FALSE(Told(watch.guest().findings(), FindingCode::kClockSet));
      EXPECT_TRUE(watch.host().findings().Ordered().empty());
      EXPECT_GT(watch.WriteItAll(), 0u);
    }
  }
}

// The counters behind it may begin anywhere: nothing is said of a guest that is
// right.
TEST(ExtremeValuesTest, CountersMayStandAnywhere) {
  const absl::Duration starts[] = {kFirst, absl::ZeroDuration(),
                                   absl::Nanoseconds(int64_t{1} << 53),
                                   kLast - absl::Hours(1)};
  for (const absl::Duration raw : starts) {
    for (const absl::Duration monotonic : starts) {
      for (const absl::Duration boottime : starts) {
        for (const bool on_host : {false, true}) {
          SCOPED_TRACE(absl::StrCat(on_host ? "host" : "guest", ": ",
                                    absl::FormatDuration(raw), " ",
                                    absl::FormatDuration(monotonic), " ",
                                    absl::FormatDuration(boottime)));
          VirtualMachine::Start start;
          start.raw = raw;
          start.monotonic = monotonic;
          start.boottime = boottime;
          const VirtualMachine::Start other;
          Watch watch(on_host ? start : other, on_host ? other : start);
          for (int i = 0; i < 20; ++i) watch.Poll();
          EXPECT_EQ(watch.guest().verdict(), Verdict::kOk);
          EXPECT_TRUE(watch.guest().findings().empty());
          ASSERT_TRUE(watch.guest().offset()->Contains(watch.Truth()));
        }
      }
    }
  }
}

// Whoever sets it: a jump from one end to the other is of its size.
TEST(ExtremeValuesTest, AJumpFromOneEndToTheOtherIsOfItsSize) {
  for (const Date& from : Dates()) {
    for (const Date& to : Dates()) {
      if (from.name == to.name) continue;
      SCOPED_TRACE(absl::StrCat(from.name, " to ", to.name));
      VirtualMachine::Start start;
      start.realtime = from.since_1970;
      Watch watch(VirtualMachine::Start(), start);
      for (int i = 0; i < 3; ++i) watch.Poll();
      const absl::Duration size = to.since_1970 - from.since_1970;
      // In whole nanoseconds of at most 64 bits, as a machine takes it.
      const absl::Duration half = absl::Trunc(size / 2, absl::Nanoseconds(1));
      watch.pair().guest.SetRealtime(watch.pair().now, half);
      watch.pair().guest.SetRealtime(watch.pair().now, size - half, false);
      for (int i = 0; i < 3; ++i) watch.Poll();
      ASSERT_TRUE(watch.guest().offset()->Contains(watch.Truth()));
      bool told = false;
      for (const Finding& finding : watch.guest().findings()) {
        if (finding.code != FindingCode::kClockSet) continue;
        told = true;
        EXPECT_TRUE(finding.size->Contains(size))
            << FormatInterval(*finding.size);
      }
      EXPECT_TRUE(told);
      EXPECT_GT(watch.WriteItAll(), 0u);
    }
  }
}

class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  int64_t From(int64_t lo, int64_t hi) {
    return lo +
           static_cast<int64_t>(random_() % static_cast<uint64_t>(hi - lo + 1));
  }
  absl::Duration AnyExtreme() {
    const absl::Duration values[] = {
        kFirst,
        kFirst + absl::Nanoseconds(1),
        -absl::Nanoseconds(1),
        absl::ZeroDuration(),
        absl::Nanoseconds(1),
        absl::Seconds(int64_t{1} << 31),
        absl::Seconds(int64_t{1} << 32),
        kLast - absl::Nanoseconds(1),
        kLast,
    };
    return values[static_cast<size_t>(From(0, 8))];
  }

 private:
  std::mt19937_64 random_;
};

// Any readings of the group may be any of them.
void Replace(ClockReading& reading, Chance& chance) {
  for (absl::Duration* clock :
       {&reading.raw_before, &reading.realtime, &reading.monotonic,
        &reading.boottime, &reading.raw_after}) {
    if (chance.From(0, 2) == 0) *clock = chance.AnyExtreme();
  }
}

// What a guest makes up is refused, or an offset that its REALTIME has indeed;
// and it is right again as soon as it is.
TEST(ExtremeValuesTest, WhatAGuestMakesUpIsRefusedOrTrueAndOver) {
  int refused = 0;
  int proven = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Chance chance(seed);
    Watch watch{VirtualMachine::Start(), VirtualMachine::Start()};
    for (int i = 0; i < 3; ++i) watch.Poll();
    // By the moment of the answer.
    std::map<MonotonicTime, absl::Duration> shown;
    for (int burst = 0; burst < 3; ++burst) {
      watch.Begin();
      for (int i = 0; i < 8; ++i) {
        Exchange exchange = watch.Ask();
        const absl::Duration sane = exchange.guest.sent.realtime;
        if (chance.From(0, 3) != 0) Replace(exchange.guest.received, chance);
        if (chance.From(0, 3) != 0) Replace(exchange.guest.sent, chance);
        if (watch.Answer(exchange)) {
          shown[MonotonicTime::FromReading(exchange.host_received.monotonic)] =
              watch.Truth() + exchange.guest.sent.realtime - sane;
        } else {
          ++refused;
        }
      }
      const MonotonicTime before = watch.guest().measured();
      watch.End();
      if (watch.guest().offset().has_value() &&
          watch.guest().measured() != before) {
        ++proven;
        const auto at = shown.find(watch.guest().measured());
        ASSERT_TRUE(at != shown.end());
        EXPECT_TRUE(watch.guest()
                        .offset()
                        ->WidenedBy(absl::Nanoseconds(1))
                        .Contains(at->second))
            << FormatInterval(*watch.guest().offset());
      }
      EXPECT_LT(watch.WriteItAll(), 20'000u);
    }
    for (int i = 0; i < 16; ++i) watch.Poll();
    EXPECT_EQ(watch.guest().verdict(), Verdict::kOk) << watch.guest().reason();
    ASSERT_TRUE(watch.guest().offset()->Contains(watch.Truth()));
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(proven, 100);
}

// A misread of the host's own clocks is over with the reading.
TEST(ExtremeValuesTest, WhatTheHostMisreadsOnceIsOverWithIt) {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Chance chance(seed);
    Watch watch{VirtualMachine::Start(), VirtualMachine::Start()};
    for (int i = 0; i < 3; ++i) watch.Poll();
    watch.Begin();
    Exchange exchange = watch.Ask();
    Replace(
        chance.From(0, 1) == 0 ? exchange.host_sent : exchange.host_received,
        chance);
    watch.Answer(exchange);
    watch.End();
    for (int i = 0; i < 80; ++i) watch.Poll();
    EXPECT_EQ(watch.guest().verdict(), Verdict::kOk) << watch.guest().reason();
    ASSERT_TRUE(watch.guest().offset()->Contains(watch.Truth()));
    // And the host is still watched.
    watch.pair().host.SetRealtime(watch.pair().now, absl::Seconds(7));
    const MonotonicTime set = watch.HostNow();
    watch.Poll();
    const std::vector<Finding> findings = watch.host().findings().Ordered();
    EXPECT_TRUE(
        std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
          return f.code == FindingCode::kHostStepped && f.last_seen >= set;
        }));
  }
}

}  // namespace
}  // namespace noonmark
