#include "guest/describe/kernel_state.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;

constexpr char kBootId[] = "proc/sys/kernel/random/boot_id";
constexpr char kClocksource[] =
    "sys/devices/system/clocksource/clocksource0/current_clocksource";

MonotonicTime At(absl::Duration reading) {
  return MonotonicTime::FromReading(reading);
}

GuestReading ReadingOf(const KernelState& state) {
  GuestReading reading;
  state.AddTo(&reading);
  return reading;
}

TEST(KernelStateTest, AddsWhatTheKernelSays) {
  TemporaryDirectory root;
  root.Write(kBootId, "a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1\n");
  root.Write(kClocksource, "tsc\n");
  root.Write("proc/stat", "cpu  1 2 3 4 5 6 7 250 9 10\ncpu0 1 2\n");
  const GuestReading reading =
      ReadingOf(KernelState(root.path(), At(absl::Seconds(1))));
  EXPECT_EQ(reading.boot_id, "a28ee7cb-bd4a-4d20-b3d0-5ea1d7e1a0f1");
  EXPECT_EQ(reading.clocksource, "tsc");
  EXPECT_EQ(reading.steal, absl::Milliseconds(2500));
  EXPECT_TRUE(reading.discipline.has_value());
}

TEST(KernelStateTest, LeavesOutWhatItCannotRead) {
  TemporaryDirectory root;
  const GuestReading reading =
      ReadingOf(KernelState(root.path(), At(absl::Seconds(1))));
  EXPECT_EQ(reading.boot_id, "");
  EXPECT_EQ(reading.clocksource, "");
  EXPECT_EQ(reading.steal, std::nullopt);
}

TEST(KernelStateTest, ReadsFilesAgainOnlyWhenTheyAreOld) {
  TemporaryDirectory root;
  root.Write(kClocksource, "tsc");
  KernelState state(root.path(), At(absl::Seconds(10)));
  root.Write(kClocksource, "xen");
  state.RefreshIfOld(
      At(absl::Seconds(10) + KernelState::kFresh - absl::Nanoseconds(1)));
  EXPECT_EQ(ReadingOf(state).clocksource, "tsc");
  state.RefreshIfOld(At(absl::Seconds(10) + KernelState::kFresh));
  EXPECT_EQ(ReadingOf(state).clocksource, "xen");
}

TEST(KernelStateTest, ReadsFilesAgainWhenTheClockHasRunBack) {
  TemporaryDirectory root;
  root.Write(kClocksource, "tsc");
  KernelState state(root.path(), At(absl::Seconds(10)));
  root.Write(kClocksource, "xen");
  state.RefreshIfOld(At(absl::Seconds(9)));
  EXPECT_EQ(ReadingOf(state).clocksource, "xen");
}

TEST(StolenTimeTest, IsTheEighthColumnInTicks) {
  EXPECT_EQ(StolenTime("cpu  0 0 0 0 0 0 0 1 0 0\n", 100),
            absl::Milliseconds(10));
  EXPECT_EQ(StolenTime("cpu  0 0 0 0 0 0 0 0 0 0\n", 100),
            absl::ZeroDuration());
  EXPECT_EQ(StolenTime("cpu  0 0 0 0 0 0 0 9223372036854775807\n", 100),
            absl::Seconds(92'233'720'368'547'758) + absl::Milliseconds(70));
}

TEST(StolenTimeTest, IsAbsentWhereTheKernelHasNone) {
  for (const char* stat :
       {"", "cpu", "cpu  1 2 3 4 5 6 7", "cpu  1 2 3 4 5 6 7 x",
        "cpu  1 2 3 4 5 6 7 -1", "cpu0 1 2 3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7 99999999999999999999"}) {
    EXPECT_EQ(StolenTime(stat, 100), std::nullopt) << stat;
  }
}

}  // namespace
}  // namespace noonmark
