// What may not change when something else does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/fleet_assessor.h"
#include "common/detect/signature.h"
#include "common/estimate/raw_offset.h"
#include "common/estimate/realtime_offset.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/simulate.h"
#include "tests/support/virtual_machine.h"

namespace noonmark::simulation {
namespace {

using ::testing::IsEmpty;

constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

// All that is thought, as text; the moments count from `zero`.
std::string Thoughts(const FleetAssessor& core, absl::Duration zero) {
  std::string text;
  for (const auto& [uuid, guest] : core.guests()) {
    absl::StrAppend(&text, uuid, " ", std::string(VerdictName(guest.verdict())),
                    " ", std::string(guest.reason()));
    if (guest.offset().has_value()) {
      absl::StrAppend(&text, " ", absl::FormatDuration(guest.offset()->lo), " ",
                      absl::FormatDuration(guest.offset()->hi), " at ",
                      absl::FormatDuration(guest.measured().Reading() - zero));
    }
    for (const Finding& f : guest.findings()) {
      absl::StrAppend(&text, "; ", std::string(CodeName(f.code)), " x",
                      f.occurrences, f.active, " ",
                      absl::FormatDuration(f.first_seen.Reading() - zero));
      if (f.size.has_value()) {
        absl::StrAppend(&text, " ", absl::FormatDuration(f.size->lo), " ",
                        absl::FormatDuration(f.size->hi));
      }
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

// Every input of the core in a short life full of faults.
std::vector<CoreInput> InputsOf(uint64_t seed) {
  std::vector<CoreInput> inputs;
  ShortLife(seed, /*onlooker=*/nullptr,
            [&](const CoreInput& input) { inputs.push_back(input); });
  return inputs;
}

std::string Replay(const std::vector<CoreInput>& inputs,
                   absl::Duration zero = absl::ZeroDuration()) {
  FleetAssessor core{HostOptions(), AssessorOptions()};
  std::string text;
  for (const CoreInput& input : inputs) {
    core.Apply(input);
    if (std::holds_alternative<BurstEndInput>(input)) {
      absl::StrAppend(&text, Thoughts(core, zero));
    }
  }
  return text;
}

// They reach us now, after a newer one, and were asked up to an exchange's time
// limit ago, over this connection or another.
TEST(MetamorphicTest, LateAnswersChangeNothing) {
  constexpr absl::Duration kLatest = absl::Seconds(50);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const std::vector<CoreInput> inputs = InputsOf(seed);
    std::vector<CoreInput> with_late;
    std::vector<ExchangeInput> asked;
    for (const CoreInput& input : inputs) {
      with_late.push_back(input);
      const auto* now = std::get_if<ExchangeInput>(&input);
      if (now == nullptr) continue;
      asked.push_back(*now);
      const int64_t newest = static_cast<int64_t>(asked.size()) - 1;
      ExchangeInput late = asked[static_cast<size_t>(
          random.From(std::max<int64_t>(0, newest - 300), newest))];
      if (now->exchange.host_received.monotonic -
              late.exchange.host_sent.monotonic >
          kLatest) {
        continue;
      }
      late.exchange.host_received = now->exchange.host_received;
      if (late.guest != now->guest ||
          late.exchange.host_sent.raw_before ==
              now->exchange.host_sent.raw_before ||
          random.OneIn(2)) {
        late.exchange.stream += 1000;
      }
      with_late.emplace_back(late);
    }
    EXPECT_GT(with_late.size(), inputs.size() * 11 / 10);
    EXPECT_EQ(Replay(inputs), Replay(with_late)) << "seed " << seed;
  }
}

void Shift(ClockReading& reading, absl::Duration raw, absl::Duration mono,
           absl::Duration boot, absl::Duration real) {
  reading.raw_before += raw;
  reading.raw_after += raw;
  reading.monotonic += mono;
  reading.boottime += boot;
  reading.realtime += real;
}

// Host and guests alike begin at other values; what they show of each other
// stays.
TEST(MetamorphicTest, ShiftingAllTimesShiftsNothingElse) {
  constexpr absl::Duration kRaw = absl::Seconds(123'456);
  constexpr absl::Duration kMono = absl::Seconds(777'777);
  constexpr absl::Duration kBoot = absl::Seconds(888'888);
  // Short of 2000-01-01, which has a name of its own.
  constexpr absl::Duration kReal = absl::Seconds(86'400 * 365);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<CoreInput> inputs = InputsOf(seed);
    std::vector<CoreInput> shifted = inputs;
    for (CoreInput& input : shifted) {
      if (auto* host = std::get_if<HostReadingInput>(&input)) {
        Shift(host->reading, kRaw, kMono, kBoot, kReal);
      } else if (auto* exchange = std::get_if<ExchangeInput>(&input)) {
        Exchange& e = exchange->exchange;
        Shift(e.host_sent, kRaw, kMono, kBoot, kReal);
        Shift(e.host_received, kRaw, kMono, kBoot, kReal);
        // The guest's counters begin elsewhere besides.
        Shift(e.guest.received, kRaw * 3, kMono * 2, kBoot * 5, kReal);
        Shift(e.guest.sent, kRaw * 3, kMono * 2, kBoot * 5, kReal);
      } else if (auto* end = std::get_if<BurstEndInput>(&input)) {
        end->at += kMono;
      } else if (auto* silence = std::get_if<SilenceInput>(&input)) {
        silence->at += kMono;
      } else if (auto* paused = std::get_if<PausedInput>(&input)) {
        paused->at += kMono;
      } else if (auto* told = std::get_if<LifecycleInput>(&input)) {
        told->at += kMono;
      } else if (auto* tsc = std::get_if<TscInput>(&input)) {
        tsc->at += kMono;
      } else if (auto* listening = std::get_if<ListeningInput>(&input)) {
        listening->at += kMono;
      } else if (auto* discipline = std::get_if<DisciplineInput>(&input)) {
        discipline->at += kMono;
      }
    }
    EXPECT_EQ(Replay(inputs), Replay(shifted, kMono)) << "seed " << seed;
  }
}

TEST(MetamorphicTest, MoreDelayNeverNarrowsABound) {
  Random random(1);
  int compared = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    for (const CoreInput& input : InputsOf(seed)) {
      const auto* exchange = std::get_if<ExchangeInput>(&input);
      if (exchange == nullptr) continue;
      Exchange slow = exchange->exchange;
      // The question left earlier, the answer was there later.
      const absl::Duration out =
          random.Between(absl::ZeroDuration(), absl::Seconds(2));
      const absl::Duration back =
          random.Between(absl::ZeroDuration(), absl::Seconds(2));
      Shift(slow.host_sent, -out, -out, -out, -out);
      Shift(slow.host_received, back, back, back, back);
      const auto fast_raw = BoundRawOffset(exchange->exchange, 500'000);
      const auto slow_raw = BoundRawOffset(slow, 500'000);
      if (fast_raw.ok() && slow_raw.ok() && fast_raw->bound.has_value()) {
        ASSERT_TRUE(slow_raw->bound.has_value());
        ASSERT_TRUE(fast_raw->bound->Within(*slow_raw->bound));
        ++compared;
      }
      const auto fast_real =
          BoundRealtimeOffset(exchange->exchange, 111'500'000);
      const auto slow_real = BoundRealtimeOffset(slow, 111'500'000);
      if (fast_real.has_value() && slow_real.has_value()) {
        ASSERT_TRUE(fast_real->Within(*slow_real));
      }
    }
  }
  EXPECT_GT(compared, 30'000);
}

// The same world twice, but for a step of the host: every guest's own findings
// are the same.
TEST(MetamorphicTest, AStepOfTheHostAddsNoJumpAndNoBlame) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    std::vector<std::string> told[2];
    for (const bool steps : {false, true}) {
      Random random(seed);
      Fleet fleet(seed, FleetOptions());
      const GuestId mail = fleet.AddGuest("mail");
      const GuestId web = fleet.AddGuest("web");
      Checker checker(fleet);
      const absl::Duration when =
          random.Between(absl::Seconds(30), absl::Seconds(60));
      fleet.At(when).Set(mail, absl::Seconds(random.From(3, 90)));
      fleet.At(when + absl::Seconds(40)).Leap(web, -kTwoTo42);
      const absl::Duration step = random.EitherSign(
          random.Between(absl::Milliseconds(1), absl::Hours(30)));
      const absl::Duration moment =
          random.Between(absl::Seconds(20), absl::Seconds(120));
      fleet.At(moment).Then([=](Fleet& f) {
        if (steps) f.StepHost(step, /*told=*/true);
      });
      fleet.Run(absl::Minutes(4));
      EXPECT_THAT(checker.tally().breaches, IsEmpty()) << "seed " << seed;
      for (const GuestId guest : {mail, web}) {
        for (const Finding& finding : fleet.row(guest)->findings) {
          if (finding.code == FindingCode::kLeftBehindByHostStep) continue;
          told[steps ? 1 : 0].emplace_back(
              absl::StrCat(guest, std::string(CodeName(finding.code))));
        }
      }
    }
    EXPECT_EQ(told[0], told[1]) << "seed " << seed;
  }
}

// What the network compares is RAW alone: the same questions on the same way
// prove the same, whatever is slewed on either side, and no movement is told.
TEST(MetamorphicTest, ASlewOfGuestOrHostNeverEntersTheCounter) {
  constexpr PartsPerBillion kFastest = 83'333'000;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    testing::VirtualPair still;
    testing::VirtualPair slewed;
    still.now = slewed.now = absl::Seconds(1);
    for (int i = 0; i < 200; ++i) {
      testing::VirtualMachine& machine =
          random.OneIn(2) ? slewed.guest : slewed.host;
      machine.SetSlew(slewed.now, random.From(-kFastest, kFastest));
      testing::Way way;
      way.out = random.Between(absl::ZeroDuration(), absl::Milliseconds(20));
      way.back = random.Between(absl::ZeroDuration(), absl::Milliseconds(20));
      const auto c = BoundRawOffset(still.Ask(way), 500'000);
      const auto c_slewed = BoundRawOffset(slewed.Ask(way), 500'000);
      ASSERT_TRUE(c.ok() && c_slewed.ok());
      ASSERT_EQ(*c->bound, *c_slewed->bound) << "seed " << seed;
      const absl::Duration wait =
          random.Between(absl::Milliseconds(125), absl::Seconds(5));
      still.now += wait;
      slewed.now += wait;
    }
  }
}

TEST(MetamorphicTest, ASlewIsToldAsASlewAndAsNothingElse) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Fleet fleet(seed, FleetOptions());
    const GuestId mail = fleet.AddGuest("mail");
    const GuestId web = fleet.AddGuest("web");
    Checker checker(fleet);
    // All to one side: there and back would be the work of two masters.
    const PartsPerBillion side = random.OneIn(2) ? 1 : -1;
    for (int i = 1; i < 12; ++i) {
      const PartsPerBillion slew = side * random.From(0, 83'333'000);
      const bool host = random.OneIn(2);
      fleet.At(absl::Seconds(20 * i)).Then([=](Fleet& f) {
        host ? f.SlewHost(slew) : f.Slew(mail, slew);
      });
    }
    fleet.Run(absl::Minutes(5));
    for (const GuestId guest : {mail, web}) {
      for (const Finding& finding : fleet.row(guest)->findings) {
        EXPECT_EQ(finding.code, FindingCode::kSlewing) << "seed " << seed;
        EXPECT_EQ(guest, mail) << "seed " << seed;
      }
    }
    EXPECT_THAT(fleet.snapshot()->findings, IsEmpty()) << "seed " << seed;
    EXPECT_THAT(checker.tally().breaches, IsEmpty()) << "seed " << seed;
  }
}

TEST(GlitchTest, AThousandAreGlitchesAndNoneIsWrong) {
  constexpr int kGuests = 10;
  int glitches = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    Fleet fleet(seed, FleetOptions());
    for (int i = 0; i < kGuests; ++i) {
      fleet.AddGuest(absl::StrCat("guest-", i), AnySoundGuest(random));
    }
    Checker checker(fleet);
    std::vector<uint32_t> expected(kGuests);
    for (GuestId guest = 0; guest < kGuests; ++guest) {
      for (int i = 0; i < 10; ++i) {
        // Any group of any exchange, of a poll each.
        const absl::Duration when =
            absl::Seconds(30 + 20 * i) +
            random.Between(absl::ZeroDuration(), absl::Seconds(10));
        fleet.At(when).Glitch(guest, random.EitherSign(kTwoTo42),
                              static_cast<int>(random.From(0, 15)));
        ++expected[static_cast<size_t>(guest)];
      }
    }
    fleet.Run(absl::Minutes(5));
    for (GuestId guest = 0; guest < kGuests; ++guest) {
      for (const Finding& finding : fleet.row(guest)->findings) {
        if (finding.code == FindingCode::kSlewing) continue;  // its daemon does
        // One of its messages was lost, which says nothing of its clock.
        if (finding.code == FindingCode::kAgentUnreachable) continue;
        ASSERT_EQ(finding.code, FindingCode::kReadGlitch)
            << "seed " << seed << ", guest " << guest;
        EXPECT_EQ(finding.occurrences, expected[static_cast<size_t>(guest)])
            << "seed " << seed << ", guest " << guest;
        glitches += static_cast<int>(finding.occurrences);
      }
    }
    EXPECT_EQ(checker.tally().verdicts[static_cast<size_t>(Verdict::kWrong)],
              0u);
    EXPECT_THAT(checker.tally().breaches, IsEmpty());
  }
  EXPECT_EQ(glitches, 1000);
}

// Each jump of the table, of either sign, as a set and as a leap: named, and by
// no other name.
TEST(SignatureTest, NamesEveryJumpOfTheTable) {
  for (const Signature& signature : AllSignatures()) {
    for (const int sign : {1, -1}) {
      for (const bool set : {true, false}) {
        // Readings are 64-bit nanoseconds: those that a clock of 2025 can show.
        const absl::Duration after =
            absl::Seconds(1'735'689'600) + signature.size * sign;
        if (after > absl::Nanoseconds(std::numeric_limits<int64_t>::max()) ||
            signature.size >
                -absl::Nanoseconds(std::numeric_limits<int64_t>::min())) {
          continue;
        }
        Fleet fleet(/*seed=*/7, FleetOptions());
        GuestTraits near;
        near.clock.drift = 20'000;
        const GuestId mail = fleet.AddGuest("mail", near);
        Checker checker(fleet);
        // To whole nanoseconds, as a counter leaps.
        const absl::Duration size =
            absl::Nanoseconds(absl::ToInt64Nanoseconds(signature.size)) * sign;
        if (set) {
          fleet.At(absl::Seconds(31)).Set(mail, size);
        } else {
          fleet.At(absl::Seconds(31)).Leap(mail, size);
        }
        fleet.Run(absl::Seconds(60));
        const Signature* named = nullptr;
        for (const Finding& finding : fleet.row(mail)->findings) {
          if (finding.size.has_value() &&
              finding.code != FindingCode::kClockUnset) {
            named = finding.signature;
          }
        }
        ASSERT_NE(named, nullptr)
            << signature.name << " " << sign << " " << set;
        EXPECT_EQ(named->name, signature.name) << sign << " " << set;
        EXPECT_THAT(checker.tally().breaches, IsEmpty()) << signature.name;
      }
    }
  }
}

}  // namespace
}  // namespace noonmark::simulation
