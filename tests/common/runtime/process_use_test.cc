#include "common/runtime/process_use.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;

// Fields 3 to 24; utime 300, stime 50, rss 1000.
constexpr char kRest[] =
    " S 1 1 1 0 -1 4194560 1 2 3 4 300 50 7 8 20 0 3 0 99 1000000 1000 ";

TEST(ProcessUseTest, ReadsItsTimesAndItsMemory) {
  const auto use =
      ParseProcessUse("12 (a) b (c))" + std::string(kRest), 100, 4096);
  ASSERT_THAT(use, IsOk());
  EXPECT_EQ(use->cpu, absl::Milliseconds(3'500));
  EXPECT_EQ(use->children_cpu, absl::Milliseconds(150));
  EXPECT_EQ(use->resident_bytes, 4'096'000);
}

TEST(ProcessUseTest, RefusesWhatIsNoSuchLine) {
  for (const std::string line : {"", "12", "12 (a)", "12 (a) S 1 1",
                                 "12 (a) S x x x x x x x x x x x x "
                                 "x x x x x x x x x x"}) {
    EXPECT_THAT(ParseProcessUse(line, 100, 4096),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << line;
  }
}

TEST(ProcessUseTest, ReadsThatOfThisProcess) {
  const auto use = ReadProcessUse(getpid());
  ASSERT_THAT(use, IsOk());
  EXPECT_GT(use->resident_bytes, 1'000'000);
  EXPECT_GE(use->cpu, absl::ZeroDuration());
  EXPECT_THAT(ReadProcessUse(0), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace noonmark
