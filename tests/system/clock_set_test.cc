// A clock that is really set, under a real kernel, seen by the real programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/integration/real_host.h"
#include "tests/system/emulated_guest.h"
#include "tests/system/guest_clock.h"

namespace noonmark::testing {
namespace {

using ::testing::HasSubstr;

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

// A host whose one guest, "mail-1", is emulated.
class ClockSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!EmulatedGuest::IsPrepared()) {
      GTEST_SKIP() << "no guest is prepared; tests/check --only guest-bed does";
    }
    guest_ = std::make_unique<EmulatedGuest>();
    clock_ = std::make_unique<GuestClock>(guest_->ClockSocket());
    guest_->StartAgent();
    host_.AddGuest("mail-1", absl::StrCat("unix:", guest_->AgentSocket()));
  }

  RealHost host_;
  std::unique_ptr<EmulatedGuest> guest_;
  std::unique_ptr<GuestClock> clock_;
};

// No poll comes for an hour: what is found is found by the kernel's word, which
// the agent's timerfd had and its event carried.
TEST_F(ClockSetTest, IsNamedWithItsSizeByTheKernelsWordAlone) {
  host_.Configure("poll", "interval = \"1h\"\n");
  host_.Start();
  host_.WaitUntil("mail-1",
                  [](const v1::Guest& guest) { return guest.has_offset(); });

  std::vector<double> ms;
  uint32_t sets = 0;
  const auto microseconds = {6'000'000LL, -6'000'000LL, 4'398'046'511LL,
                             -4'398'046'511LL};
  for (int round = 0; round < 3; ++round) {
    for (const long long size : microseconds) {
      SCOPED_TRACE(absl::StrCat(size, " us"));
      ++sets;
      GuestClock::Obeyed set;
      bool ordered = false;
      const v1::Guest guest =
          host_.WaitUntil("mail-1", [&](const v1::Guest& row) {
            if (!std::exchange(ordered, true)) {
              set = clock_->Order(absl::StrFormat(
                  "step %s%d.%06d", size < 0 ? "-" : "",
                  std::abs(size) / 1'000'000, std::abs(size) % 1'000'000));
            }
            const v1::Finding* found = FindingOf(row, "clock-set");
            return found != nullptr && found->occurrences() == sets;
          });
      ms.push_back(std::chrono::duration<double, std::milli>(
                       std::chrono::steady_clock::now() - set.ordered)
                       .count());
      const v1::Finding* found = FindingOf(guest, "clock-set");
      ASSERT_NE(found, nullptr);
      EXPECT_LE(FromProto(found->size().lo()), absl::Microseconds(size));
      EXPECT_GE(FromProto(found->size().hi()), absl::Microseconds(size));
      EXPECT_EQ(guest.findings_size(), 1) << guest.DebugString();
    }
  }
  std::sort(ms.begin(), ms.end());
  std::cout << absl::StreamFormat(
      "emulated: from the order to set the clock to the finding: median %.1f "
      "ms, slowest %.1f ms, of %d\n",
      ms[ms.size() / 2], ms.back(), ms.size());
}

}  // namespace
}  // namespace noonmark::testing
