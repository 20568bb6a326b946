#include "guest/adjust/timex_request.h"

#include <gtest/gtest.h>

#include "common/correct/limits.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::FakeClock;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

constexpr absl::Duration kEnd = absl::Seconds(8'277'292'036);

// 2025, up for 1000 s.
ClockReading Now() { return FakeClock().Read(); }

TEST(StepRequestTest, AsksForASetOffsetAndNothingElse) {
  const auto request = StepRequest(absl::Seconds(1), Now(), kEnd);
  ASSERT_THAT(request, IsOk());
  // Not ADJ_NANO: it would leave STA_NANO on.
  EXPECT_EQ(request->modes, static_cast<unsigned>(ADJ_SETOFFSET));
  EXPECT_EQ(request->offset, 0);
  EXPECT_EQ(request->freq, 0);
  EXPECT_EQ(request->tick, 0);
  EXPECT_EQ(request->status, 0);
}

TEST(StepRequestTest, RoundsSecondsDownSoThatMicrosecondsAreNeverNegative) {
  struct Case {
    absl::Duration amount;
    int64_t seconds, microseconds;
  };
  for (const Case& c : {
           Case{absl::ZeroDuration(), 0, 0},
           Case{absl::Microseconds(1), 0, 1},
           Case{absl::Microseconds(-1), -1, 999'999},
           Case{absl::Microseconds(999'999), 0, 999'999},
           Case{absl::Seconds(1), 1, 0},
           Case{absl::Seconds(-1), -1, 0},
           Case{absl::Microseconds(-1'000'001), -2, 999'999},
           Case{absl::Nanoseconds(-4'398'046'511'104), -4399, 953'489},
           Case{absl::Nanoseconds(4'398'046'511'104), 4398, 46'511},
           // The nearest microsecond.
           Case{absl::Nanoseconds(499), 0, 0},
           Case{absl::Nanoseconds(500), 0, 1},
           Case{absl::Nanoseconds(-499), 0, 0},
           Case{absl::Nanoseconds(-500), -1, 999'999},
           Case{absl::Nanoseconds(999'999'500), 1, 0},
       }) {
    SCOPED_TRACE(absl::FormatDuration(c.amount));
    const auto request = StepRequest(c.amount, Now(), kEnd);
    ASSERT_THAT(request, IsOk());
    EXPECT_EQ(request->time.tv_sec, c.seconds);
    EXPECT_EQ(request->time.tv_usec, c.microseconds);
  }
}

TEST(StepRequestTest, NeverGoesBelowMonotonic) {
  const ClockReading now = Now();
  const absl::Duration room = now.realtime - now.monotonic;
  EXPECT_THAT(StepRequest(-room, now, kEnd), IsOk());
  EXPECT_THAT(StepRequest(-room - absl::Microseconds(1), now, kEnd),
              StatusIs(absl::StatusCode::kOutOfRange, "MONOTONIC"));
}

TEST(StepRequestTest, NeverReachesTheEndOfWhatAKernelTakes) {
  const ClockReading now = Now();
  const absl::Duration room = kEnd - now.realtime;
  EXPECT_THAT(StepRequest(room - absl::Microseconds(1), now, kEnd), IsOk());
  EXPECT_THAT(StepRequest(room, now, kEnd),
              StatusIs(absl::StatusCode::kOutOfRange, "too far"));
  EXPECT_EQ(CorrectionLimits().realtime_end, kEnd);
}

TEST(StepRequestTest, OfAnEndlessAmountIsRefused) {
  EXPECT_THAT(StepRequest(absl::InfiniteDuration(), Now(), kEnd),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(StepRequest(-absl::InfiniteDuration(), Now(), kEnd),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST(SlewRequestTest, AsksForASingleShotAndNothingElse) {
  const auto request = SlewRequest(absl::Milliseconds(-450));
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->modes, static_cast<unsigned>(ADJ_OFFSET_SINGLESHOT));
  EXPECT_EQ(request->offset, -450'000);
  EXPECT_EQ(request->freq, 0);
  EXPECT_EQ(request->tick, 0);
}

TEST(SlewRequestTest, OfMoreThanASecondIsRefused) {
  EXPECT_THAT(SlewRequest(absl::Seconds(1)), IsOk());
  EXPECT_THAT(SlewRequest(absl::Seconds(-1)), IsOk());
  EXPECT_THAT(SlewRequest(absl::Nanoseconds(1'000'000'001)),
              StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(SlewRequest(-absl::InfiniteDuration()),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST(SlewLeftRequestTest, OnlyReads) {
  timex request = SlewLeftRequest();
  EXPECT_EQ(request.modes, static_cast<unsigned>(ADJ_OFFSET_SS_READ));
  request.offset = -1500;
  EXPECT_EQ(SlewLeftOf(request), absl::Microseconds(-1500));
}

}  // namespace
}  // namespace noonmark
