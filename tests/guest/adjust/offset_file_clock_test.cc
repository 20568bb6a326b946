#include "guest/adjust/offset_file_clock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

class OffsetFileClockTest : public ::testing::Test {
 protected:
  std::string Text() const {
    std::ifstream file(directory_.Path("offset"));
    std::string text;
    std::getline(file, text);
    return text;
  }
  absl::Duration Offset() {
    return clock_.Read().realtime - base_.Read().realtime;
  }

  TemporaryDirectory directory_;
  FakeClock base_;
  OffsetFileClock clock_{&base_, directory_.Path("offset")};
};

TEST_F(OffsetFileClockTest, IsTheMachinesClockUntilSomethingIsWritten) {
  EXPECT_EQ(Offset(), absl::ZeroDuration());
  EXPECT_EQ(clock_.Now(), base_.Now());
}

TEST_F(OffsetFileClockTest, WritesWhatLibfaketimeReads) {
  EXPECT_THAT(clock_.Step(absl::Nanoseconds(-4'398'046'511'104)), IsOk());
  EXPECT_EQ(Text(), "-4398.046511");
  EXPECT_EQ(Offset(), absl::Microseconds(-4'398'046'511));
  EXPECT_THAT(clock_.Step(absl::Seconds(4400)), IsOk());
  EXPECT_EQ(Text(), "+1.953489");
  EXPECT_THAT(clock_.Step(absl::Milliseconds(-2003)), IsOk());
  EXPECT_EQ(Text(), "-0.049511");
  EXPECT_FALSE(std::filesystem::exists(directory_.Path("offset.new")));
}

TEST_F(OffsetFileClockTest, MovesRealtimeAlone) {
  ASSERT_THAT(clock_.Step(absl::Seconds(-60)), IsOk());
  const ClockReading moved = clock_.Read();
  const ClockReading base = base_.Read();
  EXPECT_EQ(moved.monotonic, base.monotonic);
  EXPECT_EQ(moved.boottime, base.boottime);
  EXPECT_EQ(moved.raw_before, base.raw_before);
}

TEST_F(OffsetFileClockTest, FollowsSomebodyElsesHand) {
  directory_.Write("offset", "+3.5\n");
  EXPECT_EQ(Offset(), absl::Milliseconds(3500));
  ASSERT_THAT(clock_.Step(absl::Seconds(-1)), IsOk());
  EXPECT_EQ(Text(), "+2.500000");
  directory_.Write("offset", "nonsense");
  EXPECT_EQ(Offset(), absl::ZeroDuration());
}

TEST_F(OffsetFileClockTest, SlewsAt500PpmAndEndsByItself) {
  ASSERT_THAT(clock_.Slew(absl::Milliseconds(-50)), IsOk());
  EXPECT_EQ(Offset(), absl::ZeroDuration());
  base_.Advance(absl::Seconds(40));
  EXPECT_EQ(Offset(), absl::Milliseconds(-20));
  EXPECT_EQ(*clock_.SlewLeft(), absl::Milliseconds(-30));
  base_.Advance(absl::Seconds(1000));
  EXPECT_EQ(Offset(), absl::Milliseconds(-50));
  EXPECT_EQ(*clock_.SlewLeft(), absl::ZeroDuration());
}

TEST_F(OffsetFileClockTest, AStepEndsASlew) {
  ASSERT_THAT(clock_.Slew(absl::Milliseconds(50)), IsOk());
  base_.Advance(absl::Seconds(20));
  ASSERT_THAT(clock_.Step(absl::Seconds(1)), IsOk());
  base_.Advance(absl::Seconds(1000));
  EXPECT_EQ(Offset(), absl::Milliseconds(1010));
  EXPECT_EQ(*clock_.SlewLeft(), absl::ZeroDuration());
}

TEST_F(OffsetFileClockTest, RefusesWhatAKernelWould) {
  EXPECT_THAT(clock_.Step(absl::Hours(-24 * 365 * 60)),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(clock_.Slew(absl::Seconds(2)),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(Text(), "");
}

TEST_F(OffsetFileClockTest, SaysWhenTheFileCannotBeWritten) {
  OffsetFileClock lost(&base_, directory_.Path("no/folder/offset"));
  EXPECT_THAT(lost.Step(absl::Seconds(1)),
              StatusIs(absl::StatusCode::kInternal, "no/folder"));
}

}  // namespace
}  // namespace noonmark
