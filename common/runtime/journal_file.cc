#include "common/runtime/journal_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

absl::Status Failed(const std::string& path, absl::string_view what,
                    int error) {
  return absl::UnavailableError(
      absl::StrCat("journal ", path, ": cannot ", what, ": ", strerror(error)));
}

// All of a file, or its first kJournalBytes.
absl::Status ReadAll(FileCalls& calls, const std::string& path, int file,
                     std::string& image) {
  image.assign(kJournalBytes, '\0');
  size_t have = 0;
  while (have < image.size()) {
    const ssize_t size =
        calls.Read(file, image.data() + have, image.size() - have,
                   static_cast<off_t>(have));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int error = errno;
      image.resize(have);
      return Failed(path, "read", error);
    }
    if (size == 0) break;
    have += static_cast<size_t>(size);
  }
  image.resize(have);
  return absl::OkStatus();
}

// Of a file that may be missing.
absl::Status ReadImage(FileCalls& calls, const std::string& path,
                       std::string& image) {
  image.clear();
  if (path.empty()) return absl::OkStatus();
  const int file = calls.Open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  if (file < 0) {
    return errno == ENOENT ? absl::OkStatus() : Failed(path, "open", errno);
  }
  absl::Status status = ReadAll(calls, path, file, image);
  calls.Close(file);
  return status;
}

}  // namespace

JournalReading ReadJournalFiles(const JournalPaths& paths, FileCalls& calls) {
  JournalReading reading;
  std::string disk, copy;
  reading.disk = ReadImage(calls, paths.disk, disk);
  reading.copy = ReadImage(calls, paths.copy, copy);
  reading.contents = ReadJournals(disk, copy);
  return reading;
}

JournalFile::JournalFile(JournalPaths paths, FileCalls& calls)
    : calls_(calls),
      mode_(paths.mode),
      disk_{.path = std::move(paths.disk), .durable = true},
      copy_{.path = std::move(paths.copy), .durable = false} {
  std::string disk, copy;
  reading_.disk = Load(disk_, disk);
  if (!copy_.path.empty()) reading_.copy = Load(copy_, copy);
  reading_.contents = ReadJournals(disk, copy);
  next_sequence_ = reading_.contents.next_sequence;
  // Both get the records of either with the first that is written.
  image_.assign(kJournalBytes, '\0');
  for (const JournalRecord& record : reading_.contents.records) {
    const auto bytes = EncodeRecord(record);
    std::copy(bytes.begin(), bytes.end(),
              image_.begin() +
                  static_cast<std::ptrdiff_t>(RecordOffset(record.sequence)));
  }
  disk.resize(kJournalBytes, '\0');
  copy.resize(kJournalBytes, '\0');
  disk_.stale = !reading_.disk.ok() || disk != image_;
  copy_.stale = !reading_.copy.ok() || copy != image_;
}

JournalFile::~JournalFile() {
  for (const Side* side : {&disk_, &copy_}) {
    if (side->file >= 0) calls_.Close(side->file);
  }
}

absl::Status JournalFile::Load(Side& side, std::string& image) {
  if (absl::Status status = Open(side); !status.ok()) return status;
  if (absl::Status status = ReadAll(calls_, side.path, side.file, image);
      !status.ok() || image.size() == kJournalBytes) {
    return status;
  }
  // New, or cut off: zeros to its full size, so that it never needs space.
  const std::string zeros(kJournalBytes - image.size(), '\0');
  for (size_t have = 0; have < zeros.size();) {
    const ssize_t size =
        calls_.Write(side.file, zeros.data() + have, zeros.size() - have,
                     static_cast<off_t>(image.size() + have));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      return Failed(side.path, "write", size < 0 ? errno : ENOSPC);
    }
    have += static_cast<size_t>(size);
  }
  if (!side.durable) return absl::OkStatus();
  if (calls_.Sync(side.file) != 0) {
    return Failed(side.path, "synchronise", errno);
  }
  return SyncFolderOf(side.path);
}

absl::Status JournalFile::Open(Side& side) const {
  if (side.file >= 0) return absl::OkStatus();
  side.file =
      calls_.Open(side.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_);
  return side.file >= 0 ? absl::OkStatus() : Failed(side.path, "open", errno);
}

absl::Status JournalFile::SyncFolderOf(const std::string& path) const {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == path.npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  const int file = calls_.Open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (file < 0) return Failed(folder, "open", errno);
  const int synced = calls_.Sync(file);
  const int error = errno;
  calls_.Close(file);
  return synced == 0 ? absl::OkStatus() : Failed(folder, "synchronise", error);
}

JournalFile::Written JournalFile::Append(std::vector<JournalRecord> batch) {
  const uint64_t first = next_sequence_;
  NumberBatch(first, batch);
  // A number is never given twice: a batch that failed may be there yet.
  next_sequence_ += batch.size();
  for (const JournalRecord& record : batch) {
    const auto bytes = EncodeRecord(record);
    std::copy(bytes.begin(), bytes.end(),
              image_.begin() +
                  static_cast<std::ptrdiff_t>(RecordOffset(record.sequence)));
  }
  Written written;
  written.disk = Write(disk_, first, batch.size());
  if (!copy_.path.empty()) written.copy = Write(copy_, first, batch.size());
  return written;
}

absl::Status JournalFile::Write(Side& side, uint64_t first,
                                size_t count) const {
  const bool all = std::exchange(side.stale, true);
  if (absl::Status status = Open(side); !status.ok()) return status;
  // Each record at its place: the ring may end within the batch.
  for (size_t i = 0; i < (all ? 1 : count); ++i) {
    absl::Status status =
        all ? WriteAt(side, 0, kJournalBytes)
            : WriteAt(side, RecordOffset(first + i), kRecordBytes);
    if (!status.ok()) return status;
  }
  if (side.durable) {
    if (calls_.SyncData(side.file) != 0) {
      return Failed(side.path, "synchronise", errno);
    }
    // It may have been made just now.
    if (all) {
      absl::Status status = SyncFolderOf(side.path);
      if (!status.ok()) return status;
    }
  }
  side.stale = false;
  return absl::OkStatus();
}

absl::Status JournalFile::WriteAt(const Side& side, size_t at,
                                  size_t size) const {
  while (size > 0) {
    const ssize_t written = calls_.Write(side.file, image_.data() + at, size,
                                         static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return Failed(side.path, "write", written < 0 ? errno : ENOSPC);
    }
    at += static_cast<size_t>(written);
    size -= static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

}  // namespace noonmark
