#ifndef NOONMARK_COMMON_RUNTIME_JOURNAL_FILE_H_
#define NOONMARK_COMMON_RUNTIME_JOURNAL_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/correct/journal_record.h"
#include "common/runtime/file_calls.h"

namespace noonmark {

// Where a journal is: on a disk, and a copy in memory (/run) that lasts to the
// end of the boot, for when the disk fails.
struct JournalPaths {
  std::string disk;
  std::string copy;    // empty: none is kept
  mode_t mode = 0600;  // of files that are made
};

// What a journal's files say, and what was wrong with them. Files that are not
// there say nothing, and that is no error.
struct JournalReading {
  JournalContents contents;
  absl::Status disk;
  absl::Status copy;
};

// Reads both and takes the records of either. Changes and makes nothing: for
// whoever does not keep the journal.
JournalReading ReadJournalFiles(const JournalPaths& paths,
                                FileCalls& calls = FileCalls::System());

// The one writer of a journal. Not for several threads.
//
// The file has its full size from the start, so a record never needs space on a
// full disk. Whatever fails is told and tried again with the next record: then
// the whole file is written anew, since after a failed fsync nobody knows what
// of it is on the disk.
class JournalFile {
 public:
  // Opens both files, makes them where they are missing, and reads them. A
  // journal that cannot be opened is one that takes no record: see reading().
  explicit JournalFile(JournalPaths paths,
                       FileCalls& calls = FileCalls::System());
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // As they were found.
  const JournalReading& reading() const { return reading_; }

  // What became of a batch in each file. Where the disk's is OK it is there,
  // synchronised. Otherwise it may be there or not.
  struct Written {
    absl::Status disk;
    absl::Status copy;
  };

  // Gives the records their numbers and writes them as one batch; 1 to
  // kMostBatchRecords.
  Written Append(std::vector<JournalRecord> batch);

 private:
  // One of the two files.
  struct Side {
    std::string path;
    bool durable;
    int file = -1;
    // What is there may differ from the image.
    bool stale = true;
  };

  absl::Status Load(Side& side, std::string& image);
  absl::Status Open(Side& side) const;
  absl::Status Write(Side& side, uint64_t first, size_t count) const;
  absl::Status WriteAt(const Side& side, size_t at, size_t size) const;
  absl::Status SyncFolderOf(const std::string& path) const;

  FileCalls& calls_;
  const mode_t mode_;
  Side disk_;
  Side copy_;
  JournalReading reading_;
  std::string image_;  // what both files should hold
  uint64_t next_sequence_ = 1;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_JOURNAL_FILE_H_
