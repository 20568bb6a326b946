// Guests whose root has something else answer in place of the agent, on one
// host with guests that are well.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/runtime/process_use.h"
#include "tests/integration/hostile_server.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using SteadyClock = std::chrono::steady_clock;

absl::Duration Of(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

// noonmarkd and its workers, those that were ended too.
struct Use {
  absl::Duration cpu;
  uint64_t resident = 0;
};
Use UseOf(const std::vector<pid_t>& all) {
  Use sum;
  EXPECT_GE(all.size(), 2);
  for (const pid_t one : all) {
    // One may have been ended meanwhile.
    const absl::StatusOr<ProcessUse> use = ReadProcessUse(one);
    if (!use.ok()) continue;
    sum.cpu += use->cpu + use->children_cpu;
    sum.resident += use->resident_bytes;
  }
  return sum;
}

double Median(std::vector<double> values) {
  EXPECT_FALSE(values.empty());
  if (values.empty()) return 0;
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class HostileFleet {
 public:
  HostileFleet(int well, const std::vector<Malice>& malices, int interval_s)
      : interval_(absl::Seconds(interval_s)) {
    host_.Configure("poll", absl::StrCat("interval = \"", interval_s, "s\"\n"));
    for (int i = 0; i < well; ++i) {
      well_.push_back(absl::StrCat("well-", i));
      host_.AddGuest(well_.back());
      host_.StartDemoAgent(well_.back(), {});
    }
    for (const Malice malice : malices) {
      hostile_.push_back(NameOf(malice));
      host_.AddGuest(hostile_.back());
      servers_.push_back(std::make_unique<HostileServer>(
          host_.AgentSocket(hostile_.back()), malice));
      servers_.back()->SetAwake(false);
    }
    host_.Start();
    host_.WaitUntil([this](const v1::HostReport& report) {
      return std::all_of(well_.begin(), well_.end(), [&](const auto& name) {
        return IsOk(RowOf(report, name));
      });
    });
  }

  struct Stretch {
    std::vector<double> half_widths_us;
    absl::Duration time;
    absl::Duration cpu;
    uint64_t resident = 0;  // at its end
  };
  // Watches for so long, with the hostile ones awake or not.
  Stretch Watch(bool attack, std::chrono::seconds time) {
    for (const auto& server : servers_) server->SetAwake(attack);
    Stretch seen;
    const auto begun = SteadyClock::now();
    const Use before = UseOf(host_.DaemonProcesses());
    host_.WaitUntil([&](const v1::HostReport& report) {
      for (const std::string& name : well_) {
        const v1::Guest& guest = RowOf(report, name);
        EXPECT_TRUE(IsOk(guest)) << guest.ShortDebugString();
        seen.half_widths_us.push_back(absl::ToDoubleMicroseconds(
            (Of(guest.offset().hi()) - Of(guest.offset().lo())) / 2));
      }
      return SteadyClock::now() - begun >= time;
    });
    const Use after = UseOf(host_.DaemonProcesses());
    seen.time = absl::FromChrono(SteadyClock::now() - begun);
    seen.cpu = after.cpu - before.cpu;
    seen.resident = after.resident;
    return seen;
  }

  // Exchanges of each that is well.
  std::map<std::string, uint64_t> Exchanges() {
    std::map<std::string, uint64_t> exchanges;
    const v1::HostReport report =
        host_.WaitUntil([](const auto&) { return true; });
    for (const std::string& name : well_) {
      exchanges[name] = RowOf(report, name).exchanges();
    }
    return exchanges;
  }
  // No poll was skipped in `time`: 8 exchanges each.
  void ExpectAllPolls(const std::map<std::string, uint64_t>& before,
                      absl::Duration time) {
    const std::map<std::string, uint64_t> after = Exchanges();
    // The last may be on its way, and the first have been over.
    const auto polls = static_cast<uint64_t>(time / interval_) - 1;
    for (const auto& [name, exchanges] : after) {
      EXPECT_GE(exchanges - before.at(name), 8 * polls) << name;
    }
  }

  // While they attack: each has a row that says so, and none is ok.
  void ExpectAllAreNamed() {
    const v1::HostReport report =
        host_.WaitUntil([this](const v1::HostReport& seen) {
          return std::all_of(hostile_.begin(), hostile_.end(),
                             [&](const std::string& name) {
                               const v1::Guest& guest = RowOf(seen, name);
                               return IsActive(guest, "agent-unreachable") ||
                                      IsActive(guest, "agent-untrusted");
                             });
        });
    for (size_t i = 0; i < hostile_.size(); ++i) {
      const v1::Guest& guest = RowOf(report, hostile_[i]);
      EXPECT_EQ(guest.verdict(), v1::VERDICT_UNKNOWN) << hostile_[i];
      EXPECT_GE(servers_[i]->connections(), 1) << hostile_[i];
      const v1::Finding* why = FindingOf(guest, "agent-untrusted");
      if (why == nullptr) why = FindingOf(guest, "agent-unreachable");
      std::cout << absl::StreamFormat("hostile: %-15s %s\n", hostile_[i],
                                      why->summary());
    }
  }

  // No worker died by itself, nor noonmarkd.
  void ExpectNoCrash() {
    const std::string said = host_.daemon().ReadWritten();
    EXPECT_THAT(said, Not(HasSubstr("ended by signal")));
    EXPECT_THAT(said, Not(HasSubstr("error")));
    const std::vector<std::string> lines = absl::StrSplit(said, '\n');
    for (const std::string& line : lines) {
      if (absl::StrContains(line, "probe worker")) {
        std::cout << "hostile: " << line << "\n";
      }
    }
    EXPECT_EQ(host_.Noonmark({"report"}).exit_code, 0);
  }

 private:
  RealHost host_;
  const absl::Duration interval_;
  std::vector<std::string> well_;
  std::vector<std::string> hostile_;
  std::vector<std::unique_ptr<HostileServer>> servers_;
};

std::vector<Malice> Malices(int first, int count) {
  std::vector<Malice> malices;
  for (int i = 0; i < count; ++i) {
    malices.push_back(static_cast<Malice>((first + i) % kMalices));
  }
  return malices;
}

TEST(HostileFleetTest, EachOfThemHarmsItsOwnRowAlone) {
  HostileFleet fleet(3, Malices(0, kMalices), 1);
  const auto begun = SteadyClock::now();
  const auto before = fleet.Exchanges();
  fleet.Watch(/*attack=*/true, std::chrono::seconds(12));
  fleet.ExpectAllAreNamed();
  if (!IsSanitized()) {  // which slows all of them down
    fleet.ExpectAllPolls(before, absl::FromChrono(SteadyClock::now() - begun));
  }
  fleet.ExpectNoCrash();
}

// 100 guests, of which 10 are hostile, in turns with the same 100 at peace.
void AttackAHundred(int first) {
  HostileFleet fleet(90, Malices(first, 10), 5);
  const auto begun = SteadyClock::now();
  const auto before = fleet.Exchanges();
  std::vector<double> peace, war;
  absl::Duration peace_time, war_time, peace_cpu, war_cpu;
  uint64_t peace_resident = 0, war_resident = 0;
  for (int turn = 0; turn < 3; ++turn) {
    const HostileFleet::Stretch calm =
        fleet.Watch(/*attack=*/false, std::chrono::seconds(20));
    const HostileFleet::Stretch attacked =
        fleet.Watch(/*attack=*/true, std::chrono::seconds(30));
    peace.insert(peace.end(), calm.half_widths_us.begin(),
                 calm.half_widths_us.end());
    war.insert(war.end(), attacked.half_widths_us.begin(),
               attacked.half_widths_us.end());
    peace_time += calm.time;
    war_time += attacked.time;
    peace_cpu += calm.cpu;
    war_cpu += attacked.cpu;
    if (turn == 0) peace_resident = calm.resident;
    war_resident = std::max(war_resident, attacked.resident);
  }
  fleet.ExpectAllAreNamed();
  fleet.ExpectAllPolls(before, absl::FromChrono(SteadyClock::now() - begun));
  fleet.ExpectNoCrash();

  const double quiet = Median(peace), attacked = Median(war);
  const double share = absl::FDivDuration(war_cpu, war_time) -
                       absl::FDivDuration(peace_cpu, peace_time);
  const double grown =
      static_cast<double>(war_resident) - static_cast<double>(peace_resident);
  std::cout << absl::StreamFormat(
      "hostile: median bound ±%.0f us at peace, ±%.0f us attacked by 10 of 100 "
      "(%.2f times); they cost %.1f %% of a CPU, each %.1f %%; %.1f MiB more\n",
      quiet, attacked, attacked / quiet, 100 * share, 10 * share,
      grown / (1 << 20));
  EXPECT_LE(attacked, 1.5 * quiet);
  EXPECT_LE(share, 0.30);
  EXPECT_LE(grown, double{32 << 20});
}

TEST(LongHostileFleetTest, TenOfAHundredCostLittleWithTheFirstTen) {
  AttackAHundred(0);
}
TEST(LongHostileFleetTest, TenOfAHundredCostLittleWithTheLastTen) {
  AttackAHundred(5);
}

}  // namespace
}  // namespace noonmark::testing
