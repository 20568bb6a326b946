// The counter behind all of a guest's clocks leaps, as no program of the guest
// is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::ElementsAre;

class CounterJumpTest : public WatchedGuest {};

TEST_F(CounterJumpTest, IsNamedWithItsSizeAndIsNoSet) {
  clock_->Order("source hpet");
  Watch();
  // The agent looks at its files now and then; by then it has told of the new
  // counter, over whose coming nothing is compared.
  AwaitPolls(3);
  const GuestClock::Obeyed leap = clock_->Order("leap 6");
  const v1::Guest wrong = WaitUntil(
      [](const v1::Guest& row) { return row.verdict() == v1::VERDICT_WRONG; });
  ASSERT_THAT(ClockFindings(wrong), ElementsAre("counter-jump"))
      << wrong.DebugString();
  const v1::OffsetInterval& size = FindingOf(wrong, "counter-jump")->size();
  // The counter stood while it was written.
  EXPECT_LE(FromProto(size.lo()), absl::Seconds(6));
  EXPECT_GE(FromProto(size.hi()),
            absl::Seconds(6) - absl::FromChrono(leap.answered - leap.ordered));

  clock_->SetRight();
  const v1::Guest right = WaitUntil(IsOk);
  EXPECT_FALSE(IsActive(right, "counter-jump")) << right.DebugString();
}

}  // namespace
}  // namespace noonmark::testing
