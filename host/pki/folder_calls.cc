#include "host/pki/folder_calls.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace noonmark {

absl::Status SystemFault(const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat(
      path, ": ", std::generic_category().message(error),
      "; see to the folder and its rights, or name another with --dir"));
}

absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemFault(path, errno);
  }
  const int folder =
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return SystemFault(path, errno);
  const bool done = fchmod(folder, 0700) == 0 && fsync(folder) == 0;
  const int error = errno;
  close(folder);
  return done ? absl::OkStatus() : SystemFault(path, error);
}

absl::StatusOr<int> LockFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat(
          path,
          ": there is no authority; make one with noonmark pki init, or "
          "name its folder with --dir"));
    }
    return SystemFault(path, errno);
  }
  if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(folder);
    if (error == EWOULDBLOCK) {
      return absl::UnavailableError(absl::StrCat(
          path, ": another noonmark pki is at work on it; try again"));
    }
    return SystemFault(path, error);
  }
  return folder;
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    std::string name = entry->path().filename();
    if (!absl::EndsWith(name, ".new")) names.push_back(std::move(name));
  }
  if (error) return SystemFault(path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status CheckSecret(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? absl::OkStatus() : SystemFault(path, errno);
  }
  if ((file.st_mode & 077) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: others may read the authority's key (mode %04o); see who has, make "
      "it chmod 600, and noonmark pki rotate authority if in doubt",
      path, file.st_mode & 07777));
}

}  // namespace noonmark
