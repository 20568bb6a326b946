#include "guest/adjust/hardware_clock.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

TEST(HardwareClockTest, KeepsLocalTimeIfTheThirdLineSaysSo) {
  const TemporaryDirectory etc;
  const std::string rates = "0.000000 1735689600 0.000000\n1735689600\n";
  EXPECT_TRUE(HardwareClockKeepsLocalTime(etc.Write("a", rates + "LOCAL\n")));
  EXPECT_FALSE(HardwareClockKeepsLocalTime(etc.Write("b", rates + "UTC\n")));
  EXPECT_FALSE(HardwareClockKeepsLocalTime(etc.Write("c", "LOCAL\n")));
  EXPECT_FALSE(HardwareClockKeepsLocalTime(etc.Path("none")));
}

TEST(HardwareClockTest, IsLeftAloneWhereItKeepsLocalTime) {
  const TemporaryDirectory etc;
  EXPECT_THAT(SetHardwareClockTo(absl::Seconds(0), etc.Path("rtc0"),
                                 etc.Write("adjtime", "0\n0\nLOCAL\n")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "local time"));
}

TEST(HardwareClockTest, MayBeMissing) {
  const TemporaryDirectory dev;
  EXPECT_THAT(SetHardwareClockTo(absl::Seconds(0), dev.Path("rtc0"),
                                 dev.Path("adjtime")),
              StatusIs(absl::StatusCode::kNotFound, "rtc0"));
}

TEST(HardwareClockTest, SaysWhatTheSystemRefuses) {
  const TemporaryDirectory dev;
  EXPECT_THAT(SetHardwareClockTo(absl::Seconds(0), dev.Write("rtc0", ""),
                                 dev.Path("adjtime")),
              StatusIs(absl::StatusCode::kInternal, "ioctl"));
}

}  // namespace
}  // namespace noonmark
