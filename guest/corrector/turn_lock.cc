#include "guest/corrector/turn_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {

absl::StatusOr<TurnLock> TurnLock::Try(const std::string& path, File whose) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
  // Reading is all that root may do there, and enough.
  int file = open(path.c_str(), kFlags);
  if (file < 0 && errno == ENOENT && whose == File::kOurs) {
    file = open(path.c_str(), kFlags | O_CREAT, 0600);
  }
  if (file < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot open ", path, ": ", strerror(errno)));
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(file);
    const std::string message =
        absl::StrCat("cannot lock ", path, ": ", strerror(error));
    return error == EWOULDBLOCK ? absl::AbortedError(message)
                                : absl::UnavailableError(message);
  }
  return TurnLock(file);
}

TurnLock::~TurnLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace noonmark
