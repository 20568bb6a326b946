#include "common/runtime/durable_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

TEST(DurableFileTest, HoldsWhatWasWrittenLast) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("file");
  EXPECT_THAT(ReadDurable(path), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(WriteDurably(path, "one\n"), IsOk());
  ASSERT_THAT(WriteDurably(path, "two\n"), IsOk());
  EXPECT_EQ(*ReadDurable(path), "two\n");
  // Nothing else is left in the folder.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()),
                          std::filesystem::directory_iterator()),
            1);
  EXPECT_THAT(RemoveDurably(path), IsOk());
  EXPECT_THAT(RemoveDurably(path), IsOk());
  EXPECT_THAT(ReadDurable(path), StatusIs(absl::StatusCode::kNotFound));
}

TEST(DurableFileTest, SaysWhatIsWrongWithAPath) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("none/file");
  EXPECT_THAT(WriteDurably(path, ""),
              StatusIs(absl::StatusCode::kUnavailable, path));
  EXPECT_THAT(WriteDurably("/dev/full/file", ""),
              StatusIs(absl::StatusCode::kUnavailable, "Not a directory"));
  EXPECT_THAT(ReadDurable(directory.path()),
              StatusIs(absl::StatusCode::kUnavailable, "Is a directory"));
}

TEST(DurableFileTest, FollowsNoLinkThatSomebodyLaid) {
  const TemporaryDirectory directory;
  const std::string other = directory.Write("other", "theirs");
  std::filesystem::create_symlink(other, directory.Path("file.new"));
  EXPECT_THAT(WriteDurably(directory.Path("file"), "ours"), IsOk());
  EXPECT_EQ(*ReadDurable(other), "theirs");
}

TEST(DurableFileTest, HasTheModeThatWasAskedForFromItsFirstByte) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("key");
  // What a write that died has left has another mode, and goes.
  directory.Write("key.new", "left behind");
  ASSERT_THAT(WriteDurably(path, "secret", 0600), IsOk());
  struct stat file = {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600u);
  ASSERT_THAT(WriteDurably(path, "told to all", 0644), IsOk());
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0644u);
}

TEST(DurableFileTest, IsNeverReplacedByOneThatMustBeNew) {
  const TemporaryDirectory directory;
  const std::string path = directory.Path("key");
  ASSERT_THAT(CreateDurably(path, "first", 0600), IsOk());
  EXPECT_THAT(CreateDurably(path, "second", 0600),
              StatusIs(absl::StatusCode::kAlreadyExists, path));
  EXPECT_EQ(*ReadDurable(path), "first");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

}  // namespace
}  // namespace noonmark
