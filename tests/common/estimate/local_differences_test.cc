#include "common/estimate/local_differences.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/time/time.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using testing::Bracket;
using testing::VirtualMachine;

constexpr absl::Duration kNs = absl::Nanoseconds(1);

TEST(LocalDifferencesTest, AreExactToTheBracket) {
  ClockReading reading;
  reading.raw_before = absl::Nanoseconds(1000);
  reading.realtime = absl::Nanoseconds(9'000'010);
  reading.monotonic = absl::Nanoseconds(5020);
  reading.boottime = absl::Nanoseconds(7030);
  reading.raw_after = absl::Nanoseconds(1100);
  const LocalDifferences d = DifferencesOf(reading);
  // MONOTONIC was read up to the bracket after REALTIME, and up to 11 % faster.
  EXPECT_EQ(d.real_mono,
            (Interval{8'994'990 * kNs, 8'995'102 * kNs}.WidenedBy(kNs)));
  EXPECT_EQ(d.boot_mono, (Interval{1898 * kNs, 2010 * kNs}.WidenedBy(kNs)));
  EXPECT_EQ(d.mono_raw, (Interval{3920 * kNs, 4020 * kNs}.WidenedBy(kNs)));
}

// The clocks differ by what is known; however a bracket is spread and slewed,
// the differences hold it.
TEST(LocalDifferencesTest, HoldTheTruthOfAnyBracketUnderAnySlew) {
  std::mt19937_64 random(1);
  const auto upto = [&](int64_t most) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(most + 1));
  };
  for (int i = 0; i < 20'000; ++i) {
    const absl::Duration mono_raw = absl::Nanoseconds(upto(2'000'000'000));
    const absl::Duration real_mono = absl::Seconds(upto(4'000'000'000));
    const absl::Duration boot_mono = absl::Seconds(upto(1'000'000));
    VirtualMachine::Start start;
    start.raw = absl::Nanoseconds(upto(1'000'000'000'000));
    start.monotonic = start.raw + mono_raw;
    start.boottime = start.monotonic + boot_mono;
    start.realtime = start.monotonic + real_mono;
    VirtualMachine machine(start);
    machine.SetRate({}, upto(1'000'000) - 500'000);
    const int64_t slew = upto(2 * 105'000'000) - 105'000'000;
    machine.SetSlew({}, slew);
    Bracket bracket;
    for (absl::Duration& gap : bracket.gaps) {
      gap = absl::Nanoseconds(random() % 4 == 0 ? upto(50'000'000) : upto(99));
    }
    const absl::Duration at = absl::Nanoseconds(upto(3'000'000'000));
    const ClockReading reading = machine.Read(at, bracket);
    const LocalDifferences d = DifferencesOf(reading);
    ASSERT_EQ(RealMonoOf(reading), d.real_mono);
    ASSERT_TRUE(d.real_mono.Contains(real_mono)) << i;
    ASSERT_TRUE(d.boot_mono.Contains(boot_mono)) << i;
    // As MONOTONIC was read.
    const absl::Duration read_at = at + bracket.gaps[0] + bracket.gaps[1];
    const testing::ExactTime truth =
        testing::ExactTime::Of(real_mono) +
        (machine.Raw(read_at) - machine.Realtime(read_at));
    ASSERT_TRUE(testing::Holds(-d.mono_raw, truth)) << i;
  }
}

}  // namespace
}  // namespace noonmark
