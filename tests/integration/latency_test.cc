// How soon a fault is seen, from the moment of the agent's event to the finding
// in the hands of a watcher.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

// Of CLOCK_MONOTONIC, as the agents tell.
absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// When a demo agent's clock was set, in order; its words are taken.
std::vector<absl::Duration> SetsOf(ChildProcess& agent) {
  std::vector<absl::Duration> sets;
  for (const absl::string_view line :
       absl::StrSplit(agent.ReadWritten(), '\n')) {
    const std::vector<absl::string_view> halves =
        absl::StrSplit(line, "its clock was set at ");
    if (halves.size() != 2) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(halves[1], ' ');
    int64_t ns = 0;
    EXPECT_TRUE(absl::SimpleAtoi(words[0], &ns)) << halves[1];
    sets.push_back(absl::Nanoseconds(ns));
  }
  return sets;
}

// The middle one, and says them.
absl::Duration Median(const std::string& of,
                      std::vector<absl::Duration> latencies) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](size_t percent) {
    return latencies[(latencies.size() - 1) * percent / 100];
  };
  std::cout << of << ", " << latencies.size() << " times: least " << at(0)
            << ", median " << at(50) << ", 90 % within " << at(90) << ", most "
            << at(100) << "\n";
  return at(50);
}

double Seconds(const google::protobuf::Duration& wire) {
  return static_cast<double>(wire.seconds()) + 1e-9 * wire.nanos();
}

bool Has(const v1::Finding* finding, absl::Duration size) {
  if (finding == nullptr) return false;
  const double seconds = absl::ToDoubleSeconds(size);
  return Seconds(finding->size().lo()) <= seconds &&
         seconds <= Seconds(finding->size().hi());
}

TEST(FleetStoryLatencyTest, ASetClockIsAFindingWithin50Milliseconds) {
  // Each set has a size of its own, so that its finding can be told, and they
  // take turns in sign, so that they don't add up. Every so often one falls
  // into a poll, or is so soon after it that it must wait.
  constexpr int kSets = 60;
  constexpr absl::Duration kFirst = absl::Seconds(2);
  constexpr absl::Duration kBetween = absl::Milliseconds(190);
  const auto size = [](int i) {
    return absl::Milliseconds(i % 2 == 0 ? 20 + i : -20 - i);
  };
  std::vector<std::string> faults;
  for (int i = 0; i < kSets; ++i) {
    faults.push_back(absl::StrCat("set=", absl::FormatDuration(size(i)), "@",
                                  absl::FormatDuration(kFirst + kBetween * i)));
  }
  RealHost host;
  host.Configure("poll", "interval = \"5s\"\n");
  host.Configure("judge", "warning = \"5ms\"\n");
  host.AddGuest("set");
  host.StartDemoAgent("set", faults);
  host.Start();

  std::map<int, absl::Duration> seen;
  host.WaitUntil("set", [&](const v1::Guest& guest) {
    const absl::Duration now = Now();
    const v1::Finding* finding = FindingOf(guest, "clock-set");
    for (int i = 0; i < kSets; ++i) {
      if (Has(finding, size(i))) seen.emplace(i, now);
    }
    return seen.count(kSets - 1) != 0;
  });
  const std::vector<absl::Duration> sets = SetsOf(host.agent("set"));
  ASSERT_EQ(sets.size(), static_cast<size_t>(kSets));
  // Where the machine stood still, two sets are one.
  ASSERT_GE(seen.size(), 50u);
  std::vector<absl::Duration> latencies;
  for (const auto& [i, when] : seen) {
    latencies.push_back(when - sets[static_cast<size_t>(i)]);
    EXPECT_GT(latencies.back(), absl::ZeroDuration());
  }
  EXPECT_LE(Median("from the agent's event to the finding at a watcher",
                   std::move(latencies)),
            absl::Milliseconds(50));
}

// Eight guests, to each of which `fault` happens by an hour at another moment
// of its poll, and no agent says so: from then until a watcher has the finding.
void ExpectAFindingAfterOnePoll(const std::string& fault,
                                const std::string& code) {
  constexpr absl::Duration kPoll = absl::Seconds(2);
  // 8 exchanges over 1 s tell it from a glitch.
  constexpr absl::Duration kBurst = absl::Seconds(1);
  constexpr absl::Duration kNoise = absl::Seconds(1);
  constexpr int kGuests = 8;
  RealHost host;
  host.Configure("poll", "interval = \"2s\"\n");
  std::map<std::string, absl::Duration> happened;
  const auto at = [&](int i) { return absl::Seconds(4) + kPoll / kGuests * i; };
  for (int i = 0; i < kGuests; ++i) {
    const std::string name = absl::StrCat("guest-", i);
    host.AddGuest(name);
    happened[name] = Now() + at(i);  // a little later: its start takes time
    host.StartDemoAgent(
        name, {absl::StrCat(fault, "=1h@", absl::FormatDuration(at(i)))});
  }
  host.Start();
  std::map<std::string, absl::Duration> seen;
  host.WaitUntil([&](const v1::HostReport& report) {
    const absl::Duration now = Now();
    for (const v1::Guest& guest : report.guests()) {
      if (Has(FindingOf(guest, code), absl::Hours(1))) {
        seen.emplace(guest.name(), now);
      }
    }
    return seen.size() == kGuests;
  });
  std::vector<absl::Duration> latencies;
  for (const auto& [name, when] : seen) {
    latencies.push_back(when - happened[name]);
    EXPECT_LE(latencies.back(), kPoll + kBurst + kNoise) << name;
  }
  Median(absl::StrCat("from ", fault,
                      " without an event to its finding, polls of 2 s"),
         std::move(latencies));
}

TEST(FleetStoryLatencyTest, AJumpWithoutAnEventIsAFindingAfterOnePoll) {
  ExpectAFindingAfterOnePoll("counter-jump", "counter-jump");
}

TEST(FleetStoryLatencyTest, ASetWithoutAnEventIsAFindingAfterOnePoll) {
  ExpectAFindingAfterOnePoll("untold-set", "clock-set");
}

}  // namespace
}  // namespace noonmark::testing
