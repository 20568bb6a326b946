// A clock that is really set, under a real kernel, seen by the real programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/system/watched_guest.h"

namespace noonmark::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClockSetTest : public WatchedGuest {};

// 2^42 ns, as far as the kernel takes microseconds.
constexpr int64_t kWrapMicros = 4'398'046'511;

std::string Step(int64_t micros) {
  return absl::StrFormat("step %s%d.%06d", micros < 0 ? "-" : "",
                         std::abs(micros) / 1'000'000,
                         std::abs(micros) % 1'000'000);
}

// The guest was right to 20 ms before it was set by `step`.
bool IsAbout(const v1::OffsetInterval& offset, absl::Duration step) {
  constexpr absl::Duration kRight = absl::Milliseconds(20);
  return FromProto(offset.lo()) <= step + kRight &&
         step - kRight <= FromProto(offset.hi());
}

// No poll comes for an hour: what is found is found by the kernel's word, which
// the agent's timerfd had and its event carried.
TEST_F(ClockSetTest, IsNamedWithItsSizeByTheKernelsWordAlone) {
  host_.Configure("poll", "interval = \"1h\"\n");
  host_.Start();
  WaitUntil([](const v1::Guest& row) { return row.has_offset(); });

  std::vector<double> took_ms;
  // All forward, then all back: there and back and there again would be the
  // work of two masters, and be told as that beside the sets.
  for (const int64_t way : {1, -1}) {
    for (const int64_t size :
         {int64_t{6'000'000}, kWrapMicros, int64_t{6'000'000}, kWrapMicros,
          int64_t{6'000'000}, kWrapMicros}) {
      const int64_t micros = way * size;
      SCOPED_TRACE(micros);
      GuestClock::Obeyed set;
      const v1::Guest row = WaitUntil([&](const v1::Guest& seen) {
        // With the first row that is seen: the watch is on by then.
        if (set.ordered == GuestClock::Moment()) {
          set = clock_->Order(Step(micros));
        }
        const v1::Finding* found = FindingOf(seen, "clock-set");
        return found != nullptr && found->occurrences() > took_ms.size();
      });
      took_ms.push_back(std::chrono::duration<double, std::milli>(
                            std::chrono::steady_clock::now() - set.ordered)
                            .count());
      ASSERT_THAT(ClockFindings(row), ElementsAre("clock-set"));
      const v1::Finding& found = *FindingOf(row, "clock-set");
      EXPECT_EQ(found.signature(),
                std::abs(micros) == kWrapMicros ? "2^42 ns" : "");
      EXPECT_TRUE(Holds(found.size(), absl::Microseconds(micros)))
          << row.DebugString();
    }
  }
  std::sort(took_ms.begin(), took_ms.end());
  std::cout << absl::StreamFormat(
      "emulated: from the order to set the clock to the finding: median %.1f "
      "ms, slowest %.1f ms, of %d\n",
      took_ms[took_ms.size() / 2], took_ms.back(), took_ms.size());
}

TEST_F(ClockSetTest, MakesTheGuestWrongUntilItIsSetBack) {
  Watch();
  for (const int64_t micros :
       {int64_t{6'000'000}, int64_t{-6'000'000}, kWrapMicros}) {
    SCOPED_TRACE(micros);
    clock_->Order(Step(micros));
    const v1::Guest wrong = WaitUntil([](const v1::Guest& row) {
      return row.verdict() == v1::VERDICT_WRONG;
    });
    EXPECT_TRUE(IsActive(wrong, "clock-set")) << wrong.DebugString();
    EXPECT_TRUE(IsAbout(wrong.offset(), absl::Microseconds(micros)))
        << wrong.DebugString();
    const Outcome report = host_.Noonmark({"report", "--fail-on=wrong"});
    EXPECT_EQ(report.exit_code, 3);
    EXPECT_THAT(report.out, ContainsRegex("mail-1  +wrong  +[+-][0-9.]+ s  "
                                          "[^\n]* clock-set"));
    EXPECT_THAT(
        host_.Noonmark({"explain", "mail-1"}).out,
        AllOf(HasSubstr("clock-set"),
              HasSubstr("told the agent 1 time that the clock was set")));

    clock_->Order(Step(-micros));
    const v1::Guest right = WaitUntil(IsOk);
    EXPECT_FALSE(IsActive(right, "clock-set")) << right.DebugString();
  }
}

}  // namespace
}  // namespace noonmark::testing
