#include "guest/watch/file_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kBefore[] = "Nov 21 19:27:29 mail dovecot: ";

class FileTailTest : public ::testing::Test {
 protected:
  void Append(const std::string& text) const {
    std::ofstream(path_, std::ios::app) << text;
  }
  void AppendLine(const std::string& message) const {
    Append(kBefore + message + "\n");
  }
  static std::vector<std::string> Read(FileTail& tail) {
    std::vector<std::string> messages;
    tail.Read([&messages](const LogEntry& entry) {
      EXPECT_FALSE(entry.attested);
      EXPECT_EQ(entry.tag, "dovecot");
      messages.push_back(entry.message);
    });
    return messages;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("mail.log");
};

TEST_F(FileTailTest, ReadsWhatComesAndNotWhatWasThere) {
  AppendLine("old");
  FileTail tail(path_);
  EXPECT_THAT(Read(tail), IsEmpty());
  AppendLine("one");
  AppendLine("two");
  EXPECT_THAT(Read(tail), ElementsAre("one", "two"));
  EXPECT_THAT(Read(tail), IsEmpty());
}

TEST_F(FileTailTest, WaitsForTheEndOfALine) {
  FileTail tail(path_);
  Append(std::string(kBefore) + "first ha");
  EXPECT_THAT(Read(tail), IsEmpty());
  Append("lf, second half\n");
  EXPECT_THAT(Read(tail), ElementsAre("first half, second half"));
}

TEST_F(FileTailTest, ReadsAFileThatComesLaterFromItsBeginning) {
  FileTail tail(path_);
  EXPECT_THAT(Read(tail), IsEmpty());
  AppendLine("first");
  EXPECT_THAT(Read(tail), ElementsAre("first"));
}

TEST_F(FileTailTest, FollowsARotation) {
  AppendLine("old");
  FileTail tail(path_);
  AppendLine("last of the old file");
  std::filesystem::rename(path_, path_ + ".1");
  AppendLine("first of the new");
  EXPECT_THAT(Read(tail),
              ElementsAre("last of the old file", "first of the new"));
  AppendLine("second");
  EXPECT_THAT(Read(tail), ElementsAre("second"));
}

TEST_F(FileTailTest, FollowsACut) {
  AppendLine("something long that was there before");
  FileTail tail(path_);
  std::filesystem::resize_file(path_, 0);
  AppendLine("anew");
  EXPECT_THAT(Read(tail), ElementsAre("anew"));
}

TEST_F(FileTailTest, LeavesOutWhatIsNoLineOfSyslogOrTooLong) {
  FileTail tail(path_);
  Append("no line\n\n");
  AppendLine(std::string(5000, 'x'));
  AppendLine("good");
  EXPECT_THAT(Read(tail), ElementsAre("good"));
  Append(std::string(kBefore) + std::string(100'000, 'x'));
  EXPECT_THAT(Read(tail), IsEmpty());
  Append(std::string(kBefore) + "in its rest\n");
  AppendLine("good");
  EXPECT_THAT(Read(tail), ElementsAre("good"));
}

TEST_F(FileTailTest, NeverWaitsForAPipe) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  FileTail tail(path_);
  EXPECT_THAT(Read(tail), IsEmpty());
}

}  // namespace
}  // namespace noonmark
