#include "common/detect/glitch_hunt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace noonmark {
namespace {

constexpr absl::Duration kWrap = absl::Nanoseconds(int64_t{1} << 42);
constexpr absl::Duration kTick = absl::Milliseconds(4);
const absl::Duration k2025 = absl::Seconds(1'735'689'600);

// The wall clock of a machine and whoever reads it: time passes by a reading,
// by being descheduled, or by Pass(). COARSE moves when a tick comes.
class WallMachine {
 public:
  explicit WallMachine(uint64_t seed) : random_(seed) {}

  // Ticks come late, and the reader is descheduled between its readings.
  void SetLoaded(bool loaded) { loaded_ = loaded; }
  // Who reads many reads COARSE once between two readings of REALTIME.
  void SetShares(bool shares) { shares_ = shares; }
  // The clock is set now and then, between any two readings, and leaps.
  void LetBeSet() { is_set_ = true; }

  void Pass(absl::Duration by) {
    now_ += by;
    while (next_tick_ <= now_) {
      coarse_at_ = std::max(coarse_at_, next_tick_);
      next_tick_ += kTick;
      // The processor that ticks was not run for a while.
      if (loaded_ && Chance(2'000)) next_tick_ += Upto(absl::Seconds(5));
    }
  }
  // Sets both clocks; the kernel tells of it at once.
  void Set(absl::Duration by) {
    set_ += by;
    coarse_at_ = now_;
    ++sets_;
  }
  // The kernel's own, at a tick, told as a set.
  void LeapSecond() { Set(-absl::Seconds(1)); }
  // The hypervisor did not run the machine; its clocks went on.
  void Pause(absl::Duration by) { now_ += by; }

  WallTriple Read() {
    WallTriple triple;
    triple.coarse_before = Coarse();
    return ReadOn(triple);
  }
  std::vector<WallTriple> ReadMany(int count) {
    std::vector<WallTriple> triples;
    for (int i = 0; i < count; ++i) {
      if (i > 0 && shares_) {
        WallTriple next;
        next.coarse_before = triples.back().coarse_after;
        triples.push_back(ReadOn(next));
      } else {
        triples.push_back(Read());
      }
    }
    return triples;
  }

  absl::Duration Coarse() const { return k2025 + coarse_at_ + set_; }
  absl::Duration Real() const { return k2025 + now_ + set_; }
  absl::Duration boottime() const { return now_; }
  uint64_t sets() const { return sets_; }

  bool Chance(uint64_t in) { return random_() % in == 0; }
  absl::Duration Upto(absl::Duration most) {
    return absl::Nanoseconds(static_cast<int64_t>(
        random_() % static_cast<uint64_t>(absl::ToInt64Nanoseconds(most))));
  }

 private:
  // After `triple`'s first reading.
  WallTriple ReadOn(WallTriple triple) {
    Between();
    triple.realtime = Real();
    Between();
    triple.coarse_after = Coarse();
    Between();
    return triple;
  }
  void Between() {
    Pass(absl::Nanoseconds(10) + Upto(absl::Nanoseconds(40)));
    if (is_set_ && Chance(30'000)) Set(Upto(absl::Hours(2)) - absl::Hours(1));
    if (is_set_ && Chance(30'000)) LeapSecond();
    if (!loaded_) return;
    if (Chance(500)) Pass(Upto(absl::Milliseconds(20)));
    if (Chance(20'000)) Pass(Upto(absl::Seconds(10)));
    if (Chance(100'000)) Pause(Upto(absl::Hours(2)));
  }

  std::mt19937_64 random_;
  bool loaded_ = false;
  bool shares_ = false;
  bool is_set_ = false;
  absl::Duration now_ = absl::Seconds(1000);
  absl::Duration next_tick_ = now_ + kTick;
  absl::Duration coarse_at_ = now_;
  absl::Duration set_;
  uint64_t sets_ = 0;
};

size_t Feed(GlitchHunt& hunt, const std::vector<WallTriple>& triples,
            const WallMachine& machine, uint64_t sets, uint32_t cpu = 0) {
  const size_t certain =
      hunt.Begin({.cpu = cpu, .boottime = machine.boottime(), .sets = sets});
  // In parts, as it may be.
  const auto all = absl::MakeConstSpan(triples);
  hunt.Add(all.first(all.size() / 3));
  hunt.Add(all.subspan(all.size() / 3));
  return certain;
}

class GlitchHuntTest : public ::testing::Test {
 protected:
  // A batch that `disturb` may change, and the next, which makes it certain.
  template <typename Disturb>
  size_t HuntOnce(Disturb disturb) {
    const uint64_t sets = machine_.sets();
    std::vector<WallTriple> triples = machine_.ReadMany(20);
    disturb(triples);
    size_t certain = Feed(hunt_, triples, machine_, sets, 3);
    machine_.Pass(absl::Milliseconds(40));
    const uint64_t sets_after = machine_.sets();
    certain += Feed(hunt_, machine_.ReadMany(20), machine_, sets_after, 4);
    return certain;
  }

  WallMachine machine_{7};
  GlitchHunt hunt_;
};

TEST_F(GlitchHuntTest, CatchesAWrappedReadingAndKeepsAllItsReadings) {
  std::vector<WallTriple> read;
  const absl::Duration before = machine_.boottime();
  EXPECT_EQ(HuntOnce([&](std::vector<WallTriple>& triples) {
              triples[5].realtime += kWrap - absl::Nanoseconds(200);
              read = triples;
            }),
            1u);
  const HuntReport& report = hunt_.report();
  EXPECT_EQ(report.reads, 20u);  // the second batch is not certain yet
  EXPECT_EQ(report.glitches, 1u);
  ASSERT_EQ(report.recent.size(), 1u);
  const Glitch& glitch = report.recent[0];
  EXPECT_EQ(glitch.off.realtime, read[5].realtime);
  EXPECT_EQ(glitch.off.coarse_before, read[5].coarse_before);
  EXPECT_EQ(glitch.off.coarse_after, read[5].coarse_after);
  EXPECT_EQ(glitch.off_reads, 1u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(glitch.after[i].realtime, read[6 + i].realtime);
  }
  EXPECT_EQ(glitch.cpu, 3u);
  EXPECT_GE(glitch.boottime, before);
  const auto size = GlitchSize(glitch);
  ASSERT_TRUE(size.has_value());
  EXPECT_TRUE(size->Contains(kWrap - absl::Nanoseconds(200)));
  EXPECT_LE(size->Width(), kTick + absl::Microseconds(10));
}

TEST_F(GlitchHuntTest, TellsARunOfWrongReadingsAsOneGlitch) {
  EXPECT_EQ(HuntOnce([](std::vector<WallTriple>& triples) {
              for (int i = 4; i < 9; ++i) triples[i].realtime += kWrap;
            }),
            1u);
  EXPECT_EQ(hunt_.report().recent[0].off_reads, 5u);
}

TEST_F(GlitchHuntTest, WaitsForThreeSaneOnesIntoTheNextBatch) {
  EXPECT_EQ(HuntOnce([](std::vector<WallTriple>& triples) {
              triples[18].realtime -= kWrap;
            }),
            0u);
  machine_.Pass(absl::Milliseconds(40));
  EXPECT_EQ(Feed(hunt_, machine_.ReadMany(20), machine_, machine_.sets()), 1u);
  EXPECT_EQ(hunt_.report().recent[0].cpu, 3u);
}

TEST_F(GlitchHuntTest, LetsPassWhatIsWithinASecond) {
  EXPECT_EQ(HuntOnce([](std::vector<WallTriple>& triples) {
              triples[5].realtime += absl::Milliseconds(990);
            }),
            0u);
}

TEST_F(GlitchHuntTest, TakesNothingForAGlitchOverWhichASetWasCounted) {
  EXPECT_EQ(HuntOnce([&](std::vector<WallTriple>& triples) {
              // There and back between two readings of COARSE.
              triples[5].realtime += absl::Hours(1);
              machine_.Set(absl::Hours(1));
              machine_.Set(-absl::Hours(1));
            }),
            0u);
  EXPECT_EQ(hunt_.report().glitches, 0u);
  // Nor are they readings that were in order.
  EXPECT_EQ(hunt_.report().reads, 0u);
}

TEST_F(GlitchHuntTest, TakesALateTickForNone) {
  // COARSE stands for 3 s and arrives where REALTIME stood.
  const WallTriple late = {.coarse_before = k2025,
                           .realtime = k2025 + absl::Seconds(3),
                           .coarse_after = k2025};
  std::vector<WallTriple> triples = {late, late};
  for (int i = 0; i < 4; ++i) {
    triples.push_back(
        {.coarse_before = k2025 + absl::Seconds(3),
         .realtime = k2025 + absl::Seconds(3) + absl::Microseconds(i),
         .coarse_after = k2025 + absl::Seconds(3)});
  }
  Feed(hunt_, triples, machine_, 0);
  EXPECT_EQ(Feed(hunt_, {}, machine_, 0), 0u);
}

TEST_F(GlitchHuntTest, TakesASetThatWasNotCountedForNone) {
  for (const absl::Duration by : {absl::Seconds(6), -absl::Seconds(6), kWrap}) {
    // Between any two of a triple's readings.
    for (int at = 0; at < 4; ++at) {
      std::vector<WallTriple> triples = machine_.ReadMany(10);
      for (size_t i = 5; i < triples.size(); ++i) {
        WallTriple& triple = triples[i];
        if (i > 5 || at <= 0) triple.coarse_before += by;
        if (i > 5 || at <= 1) triple.realtime += by;
        if (i > 5 || at <= 2) triple.coarse_after += by;
      }
      Feed(hunt_, triples, machine_, 0);
      EXPECT_EQ(Feed(hunt_, {}, machine_, 0), 0u);
    }
  }
}

TEST_F(GlitchHuntTest, KeepsTheNewestAndCountsAll) {
  for (int i = 0; i < 10; ++i) {
    HuntOnce([&](std::vector<WallTriple>& triples) {
      triples[2].realtime += absl::Seconds(10 + i);
      triples[9].realtime += absl::Seconds(100 + i);
    });
  }
  EXPECT_EQ(hunt_.report().glitches, 20u);
  ASSERT_EQ(hunt_.report().recent.size(), HuntReport::kMostRecent);
  const auto newest = GlitchSize(hunt_.report().recent.back());
  EXPECT_TRUE(newest->Contains(absl::Seconds(109)));
}

// The assumption of measurement: nothing but faults makes a glitch.
// Of a loaded machine or an idle one; COARSE is read once between two readings
// of REALTIME, or twice.
class GlitchHuntPropertyTest
    : public ::testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  static bool IsLoaded() { return std::get<0>(GetParam()); }
  static bool Shares() { return std::get<1>(GetParam()); }
};

TEST_P(GlitchHuntPropertyTest, FindsNoneIn10To6SoundTriples) {
  WallMachine machine(11);
  machine.SetLoaded(IsLoaded());
  machine.SetShares(Shares());
  machine.LetBeSet();
  GlitchHunt hunt;
  for (int batch = 0; batch < 5'000; ++batch) {
    machine.Pass(absl::Milliseconds(40));
    const uint64_t sets = machine.sets();
    Feed(hunt, machine.ReadMany(200), machine, sets);
    ASSERT_EQ(hunt.report().glitches, 0u) << batch;
  }
  EXPECT_GT(hunt.report().reads, 900'000u);
  EXPECT_GT(machine.sets(), 50u);
}

TEST_P(GlitchHuntPropertyTest, FindsEachInjectedGlitchAndItsSize) {
  WallMachine machine(13);
  machine.SetShares(Shares());
  GlitchHunt hunt;
  uint64_t injected = 0;
  for (int batch = 0; batch < 5'000; ++batch) {
    machine.SetLoaded(false);
    machine.Pass(absl::Milliseconds(40));
    machine.SetLoaded(IsLoaded());
    std::vector<WallTriple> triples = machine.ReadMany(200);
    absl::Duration by = absl::Seconds(2) + machine.Upto(2 * kWrap);
    if (machine.Chance(2)) by = -by;
    if (machine.Chance(3)) by = kWrap;
    // Where the machine itself is sound around it, as the rule demands.
    const size_t at = static_cast<size_t>(machine.Upto(absl::Nanoseconds(190)) /
                                          absl::Nanoseconds(1));
    const bool quiet = triples[at + 4].realtime - triples[at].coarse_before <
                       absl::Milliseconds(500);
    if (quiet) {
      triples[at].realtime += by;
      ++injected;
    }
    Feed(hunt, triples, machine, 0);
    if (!quiet) continue;
    ASSERT_EQ(Feed(hunt, {}, machine, 0), 1u) << batch;
    const auto size = GlitchSize(hunt.report().recent.back());
    ASSERT_TRUE(size.has_value());
    EXPECT_TRUE(size->Contains(by)) << batch;
  }
  EXPECT_EQ(hunt.report().glitches, injected);
  EXPECT_GT(injected, 4'000u);
}

INSTANTIATE_TEST_SUITE_P(
    Machines, GlitchHuntPropertyTest,
    ::testing::Combine(::testing::Bool(), ::testing::Bool()),
    [](const auto& machine) {
      return std::string(std::get<0>(machine.param) ? "Loaded" : "Idle") +
             (std::get<1>(machine.param) ? "ReadOnce" : "ReadTwice");
    });

TEST(GlitchSizeTest, NeedsSaneReadingsAfterIt) {
  const WallTriple sane = {k2025, k2025, k2025};
  Glitch glitch;
  glitch.off = {k2025, k2025 + kWrap, k2025};
  glitch.after = {sane, sane, sane};
  EXPECT_TRUE(GlitchSize(glitch).has_value());
  glitch.after[1].realtime += kWrap;
  EXPECT_FALSE(GlitchSize(glitch).has_value());
  glitch.after[1] = sane;
  glitch.off.realtime = k2025 + absl::Seconds(1);
  EXPECT_FALSE(GlitchSize(glitch).has_value());
}

TEST(GlitchSizeTest, BearsAnyClaim) {
  constexpr int64_t kEdges[] = {std::numeric_limits<int64_t>::min(), -1, 0, 1,
                                std::numeric_limits<int64_t>::max()};
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const auto any = [&] {
      return absl::Nanoseconds(kEdges[random() % std::size(kEdges)]);
    };
    Glitch glitch;
    glitch.off = {any(), any(), any()};
    for (WallTriple& triple : glitch.after) triple = {any(), any(), any()};
    const auto size = GlitchSize(glitch);
    if (size.has_value()) {
      EXPECT_LE(size->lo, size->hi);
    }
  }
}

}  // namespace
}  // namespace noonmark
