#include "common/runtime/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat(path, ": ", std::generic_category().message(errno),
                   "; see to the folder, its rights and its disk"));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

absl::Status SyncFolderOf(const std::string& path) {
  const int folder =
      open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Failed(path);
  const absl::Cleanup close_folder = [folder] { close(folder); };
  return fsync(folder) == 0 ? absl::OkStatus() : Failed(path);
}

bool WriteAll(int file, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(file, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

absl::Status Write(const std::string& path, absl::string_view text, mode_t mode,
                   unsigned flags) {
  const std::string next = path + ".new";
  // What a write that died has left may be open to others, or a link.
  if (unlink(next.c_str()) != 0 && errno != ENOENT) return Failed(next);
  const int file =
      open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
           mode & (S_IRUSR | S_IWUSR));
  if (file < 0) return Failed(next);
  const bool written =
      fchmod(file, mode) == 0 && WriteAll(file, text) && fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written) {
    unlink(next.c_str());
    errno = error;
    return Failed(next);
  }
  if (renameat2(AT_FDCWD, next.c_str(), AT_FDCWD, path.c_str(), flags) != 0) {
    const int why = errno;
    unlink(next.c_str());
    if (why == EEXIST) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, ": is there already, and stays as it is"));
    }
    errno = why;
    return Failed(path);
  }
  return SyncFolderOf(path);
}

}  // namespace

absl::StatusOr<std::string> ReadDurable(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat(path, ": there is none"));
    }
    return Failed(path);
  }
  const absl::Cleanup close_file = [file] { close(file); };
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMostBytes) {
      return absl::UnavailableError(
          absl::StrCat(path, ": larger than noonmark ever makes it"));
    }
  }
}

absl::Status WriteDurably(const std::string& path, absl::string_view text,
                          mode_t mode) {
  return Write(path, text, mode, /*flags=*/0);
}

absl::Status CreateDurably(const std::string& path, absl::string_view text,
                           mode_t mode) {
  return Write(path, text, mode, RENAME_NOREPLACE);
}

absl::Status RemoveDurably(const std::string& path) {
  if (unlink(path.c_str()) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Failed(path);
  }
  return SyncFolderOf(path);
}

}  // namespace noonmark
