// What is no jump must not be called one, however rough emulation is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoFaultTest : public WatchedGuest {};

TEST_F(NoFaultTest, ABusyGuestIsOkAndHasNoFinding) {
  Watch();
  guest_->Run(
      "for i in 1 2 3; do systemd-run --quiet sh -c 'while :; do :; done'; "
      "done");
  AwaitPolls(15);
  const v1::Guest row = WaitUntil(IsOk);
  EXPECT_THAT(ClockFindings(row), IsEmpty()) << row.DebugString();
  // Its hunter was preempted again and again, and took nothing for a glitch.
  EXPECT_GT(row.glitch_hunt().reads(), 0U);
  EXPECT_EQ(row.glitch_hunt().glitches(), 0U);
  std::cout << absl::StreamFormat(
      "emulated: a busy guest's offset is proven to +-%.1f ms; its glitch "
      "hunter compared %d readings\n",
      absl::ToDoubleMilliseconds(FromProto(row.offset().hi()) -
                                 FromProto(row.offset().lo())) /
          2,
      row.glitch_hunt().reads());
}

TEST_F(NoFaultTest, AnOrdinarySlewIsOkAndHasNoFinding) {
  Watch();
  clock_->Order("slew 0.2");  // 500 ppm for 400 s
  AwaitPolls(10);
  const v1::Guest row = WaitUntil(IsOk);
  EXPECT_THAT(ClockFindings(row), IsEmpty()) << row.DebugString();
}

// 5 % fast, as chronyd slews.
TEST_F(NoFaultTest, AFastSlewIsNamedAndIsNoJump) {
  Watch();
  clock_->Order("tick 10500");
  const v1::Guest slewed =
      WaitUntil([](const v1::Guest& row) { return IsActive(row, "slewing"); });
  EXPECT_THAT(ClockFindings(slewed), ElementsAre("slewing"));
  clock_->Order("tick 10000");
  const v1::Guest after =
      WaitUntil([](const v1::Guest& row) { return !IsActive(row, "slewing"); });
  EXPECT_THAT(ClockFindings(after), ElementsAre("slewing"));
}

}  // namespace
}  // namespace noonmark::testing
