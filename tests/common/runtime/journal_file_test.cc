#include "common/runtime/journal_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

// Told apart by their epoch.
std::vector<JournalRecord> Batch(uint64_t epoch, size_t size) {
  std::vector<JournalRecord> batch(size);
  for (size_t i = 0; i < size; ++i) {
    batch[i].epoch = epoch + i;
    batch[i].body = EpochRecord();
  }
  return batch;
}

std::vector<uint64_t> Epochs(const JournalContents& contents) {
  std::vector<uint64_t> epochs;
  for (const JournalRecord& record : contents.records) {
    epochs.push_back(record.epoch);
  }
  return epochs;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class JournalFileTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  const JournalPaths paths_ = {.disk = directory_.Path("journal"),
                               .copy = directory_.Path("copy")};
};

TEST_F(JournalFileTest, HasItsFullSizeFromTheStart) {
  const JournalFile journal(paths_);
  EXPECT_THAT(journal.reading().disk, IsOk());
  EXPECT_THAT(journal.reading().copy, IsOk());
  EXPECT_TRUE(journal.reading().contents.records.empty());
  for (const std::string& path : {paths_.disk, paths_.copy}) {
    EXPECT_EQ(std::filesystem::file_size(path), kJournalBytes);
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read |
                  std::filesystem::perms::owner_write);
  }
}

TEST_F(JournalFileTest, KeepsWhatWasWrittenThroughItsWritersDeath) {
  {
    JournalFile journal(paths_);
    EXPECT_THAT(journal.Append(Batch(1, 3)).disk, IsOk());
    EXPECT_THAT(journal.Append(Batch(4, 1)).copy, IsOk());
  }
  JournalFile journal(paths_);
  EXPECT_EQ(Epochs(journal.reading().contents),
            (std::vector<uint64_t>{1, 2, 3, 4}));
  EXPECT_THAT(journal.Append(Batch(5, 1)).disk, IsOk());
  EXPECT_EQ(Epochs(ReadJournalFiles(paths_).contents),
            (std::vector<uint64_t>{1, 2, 3, 4, 5}));
}

TEST_F(JournalFileTest, GoesRoundWithinItsSize) {
  JournalFile journal(paths_);
  for (uint64_t i = 0; i < 50; ++i) {
    ASSERT_THAT(journal.Append(Batch(100 * i, kMostBatchRecords)).disk, IsOk());
  }
  EXPECT_EQ(std::filesystem::file_size(paths_.disk), kJournalBytes);
  const JournalContents contents = ReadJournalFiles(paths_).contents;
  // The last 15 batches are whole, the oldest was partly written over.
  EXPECT_EQ(contents.records.size(), 15 * kMostBatchRecords);
  EXPECT_EQ(contents.records.back().epoch, 100 * 49 + kMostBatchRecords - 1);
  EXPECT_EQ(Contents(paths_.disk), Contents(paths_.copy));
}

TEST_F(JournalFileTest, IsReadFromEitherFile) {
  { JournalFile(paths_).Append(Batch(1, 2)); }
  std::filesystem::remove(paths_.copy);
  EXPECT_EQ(Epochs(ReadJournalFiles(paths_).contents),
            (std::vector<uint64_t>{1, 2}));
  { const JournalFile again(paths_); }
  // The copy is whole again with the first record.
  { JournalFile(paths_).Append(Batch(3, 1)); }
  std::filesystem::remove(paths_.disk);
  EXPECT_EQ(Epochs(ReadJournalFiles(paths_).contents),
            (std::vector<uint64_t>{1, 2, 3}));
}

TEST_F(JournalFileTest, ThatIsNotThereSaysNothing) {
  const JournalReading reading = ReadJournalFiles(paths_);
  EXPECT_THAT(reading.disk, IsOk());
  EXPECT_TRUE(reading.contents.records.empty());
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(JournalFileTest, ThatCannotBeOpenedTakesNoRecordUntilItCan) {
  const JournalPaths paths = {.disk = directory_.Path("later/journal"),
                              .copy = paths_.copy};
  JournalFile journal(paths);
  EXPECT_THAT(journal.reading().disk,
              StatusIs(absl::StatusCode::kUnavailable, "later/journal"));
  const JournalFile::Written written = journal.Append(Batch(1, 1));
  EXPECT_THAT(written.disk, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(written.copy, IsOk());
  std::filesystem::create_directory(directory_.Path("later"));
  EXPECT_THAT(journal.Append(Batch(2, 1)).disk, IsOk());
  EXPECT_EQ(Epochs(ReadJournalFiles({.disk = paths.disk, .copy = ""}).contents),
            (std::vector<uint64_t>{1, 2}));
}

TEST_F(JournalFileTest, IsNoLinkToSomewhereElse) {
  const std::string elsewhere = directory_.Write("precious", "text");
  std::filesystem::create_symlink(elsewhere, paths_.disk);
  JournalFile journal(paths_);
  EXPECT_FALSE(journal.reading().disk.ok());
  EXPECT_FALSE(journal.Append(Batch(1, 1)).disk.ok());
  EXPECT_EQ(Contents(elsewhere), "text");
}

// Calls of which one fails, or at one of which the machine dies. What was not
// synchronised is lost then, and also if the synchronising failed, as on Linux.
class FaultyCalls : public FileCalls {
 public:
  enum class Fault { kError, kShortWrite, kDeath };

  FaultyCalls(std::string disk, Fault fault, int at, int error)
      : disk_(std::move(disk)), fault_(fault), at_(at), error_(error) {}

  bool reached() const { return count_ > at_; }

  int Open(const std::string& path, int flags, mode_t mode) override {
    if (Fails()) return -1;
    const int file = System().Open(path, flags, mode);
    if (path == disk_ && file >= 0) disk_files_.insert(file);
    return file;
  }
  int Close(int file) override {
    disk_files_.erase(file);
    return System().Close(file);
  }
  ssize_t Read(int file, void* data, size_t size, off_t at) override {
    return Fails() ? -1 : System().Read(file, data, size, at);
  }
  ssize_t Write(int file, const void* data, size_t size, off_t at) override {
    if (!Fails()) return System().Write(file, data, size, at);
    // A part gets through.
    if (fault_ == Fault::kError || dead_before_) return -1;
    const ssize_t part = System().Write(file, data, size / 2, at);
    return fault_ == Fault::kDeath ? -1 : part;
  }
  int SyncData(int file) override { return Synchronise(file); }
  int Sync(int file) override { return Synchronise(file); }

  // What the disk would have after a loss of power: any of what was not
  // synchronised may be missing; here, all of it.
  void LosePower() const {
    std::ofstream(disk_, std::ios::binary | std::ios::trunc) << durable_;
  }

 private:
  bool Fails() {
    const int now = count_++;
    dead_before_ = fault_ == Fault::kDeath && now > at_;
    const bool fails = now == at_ || dead_before_;
    if (fails) errno = error_;
    return fails;
  }
  int Synchronise(int file) {
    if (Fails() && fault_ != Fault::kShortWrite) {
      if (disk_files_.count(file) != 0 && fault_ == Fault::kError) LosePower();
      errno = error_;
      return -1;
    }
    if (disk_files_.count(file) != 0) durable_ = Contents(disk_);
    return 0;
  }

  const std::string disk_;
  const Fault fault_;
  const int at_;
  const int error_;
  int count_ = 0;
  bool dead_before_ = false;
  std::set<int> disk_files_;
  std::string durable_;
};

// Whichever call fails and however: a batch that was told to be on the disk is
// there, whole, and no batch is there in part.
TEST_F(JournalFileTest, HasEveryBatchThatItPromisedWhateverFails) {
  using Fault = FaultyCalls::Fault;
  const std::vector<std::pair<Fault, int>> faults = {{Fault::kError, EIO},
                                                     {Fault::kError, ENOSPC},
                                                     {Fault::kShortWrite, 0},
                                                     {Fault::kDeath, EIO}};
  const std::map<uint64_t, size_t> batches = {
      {100, 1}, {200, 3}, {300, kMostBatchRecords}, {400, 1}};
  int tried = 0;
  for (const auto& [fault, error] : faults) {
    for (int at = 0;; ++at) {
      SCOPED_TRACE(::testing::Message() << "fault " << static_cast<int>(fault)
                                        << " error " << error << " at " << at);
      std::filesystem::remove(paths_.disk);
      std::filesystem::remove(paths_.copy);
      FaultyCalls calls(paths_.disk, fault, at, error);
      std::map<uint64_t, size_t> promised;
      {
        JournalFile journal(paths_, calls);
        for (const auto& [epoch, size] : batches) {
          if (journal.Append(Batch(epoch, size)).disk.ok()) {
            promised[epoch] = size;
          }
        }
      }
      if (!calls.reached()) {
        EXPECT_EQ(promised, batches);
        break;
      }
      ++tried;
      // One call that fails costs one batch at most; a short write none.
      if (fault == Fault::kShortWrite) {
        EXPECT_EQ(promised, batches);
      } else if (fault == Fault::kError) {
        EXPECT_GE(promised.size() + 1, batches.size());
      }
      calls.LosePower();
      std::filesystem::remove(paths_.copy);
      std::map<uint64_t, size_t> found;
      for (const uint64_t epoch : Epochs(ReadJournalFiles(paths_).contents)) {
        ++found[epoch / 100 * 100];
      }
      for (const auto& [epoch, size] : promised) {
        EXPECT_EQ(found[epoch], size) << epoch;
      }
      for (const auto& [epoch, size] : found) {
        EXPECT_EQ(size, batches.at(epoch)) << epoch;
      }
      // The next writer goes on.
      JournalFile next(paths_);
      EXPECT_THAT(next.Append(Batch(500, 1)).disk, IsOk());
      EXPECT_EQ(Epochs(ReadJournalFiles(paths_).contents).back(), 500u);
    }
  }
  EXPECT_GT(tried, 80);
}

}  // namespace
}  // namespace noonmark
