#include "tests/simulation/seeds_progress.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::simulation {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

SeedsProgress SomeProgress() {
  SeedsProgress progress;
  progress.first = 7;
  progress.done = 2000;
  progress.failed = 1;
  progress.core_seconds = 12.5;
  progress.tally.exchanges = uint64_t{1} << 40;
  progress.tally.verdicts = {1, 2, 3, 4, 5, 6};
  progress.tally.breaches["blamed"] = 3;
  progress.tally.outside_at_t4 = 9;
  return progress;
}

TEST(SeedsProgressTest, IsReadAsItWasWritten) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("progress");
  ASSERT_THAT(WriteProgress(SomeProgress(), path), IsOk());
  const absl::StatusOr<SeedsProgress> read = ReadProgress(path, 7);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->done, 2000u);
  EXPECT_EQ(read->failed, 1u);
  EXPECT_EQ(read->core_seconds, 12.5);
  EXPECT_EQ(read->tally.exchanges, uint64_t{1} << 40);
  EXPECT_EQ(read->tally.verdicts, SomeProgress().tally.verdicts);
  EXPECT_EQ(read->tally.breaches, SomeProgress().tally.breaches);
  EXPECT_EQ(read->tally.outside_at_t4, 9u);
}

TEST(SeedsProgressTest, RefusesAnotherRunsFileAndWhatIsNone) {
  TemporaryDirectory directory;
  const std::string path = directory.Path("progress");
  EXPECT_THAT(ReadProgress(path, 7),
              StatusIs(absl::StatusCode::kNotFound, path));
  ASSERT_THAT(WriteProgress(SomeProgress(), path), IsOk());
  EXPECT_THAT(ReadProgress(path, 8),
              StatusIs(absl::StatusCode::kInvalidArgument, "from seed 7"));
  for (const char* text : {"", "first 7\n", "hello 3\n", "first seven\n"}) {
    directory.Write("progress", text);
    EXPECT_THAT(ReadProgress(path, 7),
                StatusIs(absl::StatusCode::kInvalidArgument, path))
        << text;
  }
}

TEST(SeedsProgressTest, SaysThatItCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("none/progress");
  EXPECT_THAT(WriteProgress(SomeProgress(), path),
              StatusIs(absl::StatusCode::kUnavailable, path));
}

}  // namespace
}  // namespace noonmark::simulation
