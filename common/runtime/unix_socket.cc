#include "common/runtime/unix_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

std::string LockPath(const std::string& path) { return path + ".lock"; }

absl::Status InUse(const std::string& path) {
  return absl::AlreadyExistsError(absl::StrCat(
      "unix:", path,
      ": another process listens there; stop it, or choose another "
      "address"));
}

absl::Status Blocked(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(
      "unix:", path, ": ", what, "; see to it, or choose another address"));
}

absl::Status Blocked(const std::string& path, absl::string_view call,
                     int error) {
  return Blocked(path, absl::StrCat("cannot ", call, ": ", strerror(error)));
}

// The lock is on the file that is there now: one that another process has just
// removed on its way out protects nobody.
absl::StatusOr<int> Lock(const std::string& path) {
  const std::string name = LockPath(path);
  while (true) {
    const int file =
        open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
      return errno == ENOENT ? Blocked(path, "its folder is missing")
                             : Blocked(path, "make " + name, errno);
    }
    absl::Cleanup close_file = [file] { close(file); };
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK ? InUse(path)
                                  : Blocked(path, "lock " + name, errno);
    }
    struct stat locked, there;
    if (fstat(file, &locked) == 0 && stat(name.c_str(), &there) == 0 &&
        locked.st_ino == there.st_ino && locked.st_dev == there.st_dev) {
      std::move(close_file).Cancel();
      return file;
    }
  }
}

// A process that knows nothing of our lock may listen there all the same.
bool SomebodyAnswers(const std::string& path) {
  const int probe =
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const absl::Cleanup close_probe = [probe] { close(probe); };
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(),
              std::min(path.size(), sizeof address.sun_path - 1));
  return connect(probe, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) == 0 ||
         errno == EAGAIN;  // its queue is full
}

absl::Status RemoveLeftOver(const std::string& path) {
  struct stat there;
  if (lstat(path.c_str(), &there) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Blocked(path, "look", errno);
  }
  if (!S_ISSOCK(there.st_mode)) {
    return Blocked(path, "something that is no socket is there");
  }
  if (SomebodyAnswers(path)) return InUse(path);
  if (unlink(path.c_str()) != 0) {
    return Blocked(path, "remove the old socket", errno);
  }
  return absl::OkStatus();
}

}  // namespace

UnixSocketClaim::UnixSocketClaim(std::string path, int lock)
    : path_(std::move(path)), lock_(lock) {}

UnixSocketClaim::UnixSocketClaim(UnixSocketClaim&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

UnixSocketClaim& UnixSocketClaim::operator=(UnixSocketClaim&& other) noexcept {
  if (this != &other) {
    Release();
    path_ = std::move(other.path_);
    lock_ = std::exchange(other.lock_, -1);
  }
  return *this;
}

UnixSocketClaim::~UnixSocketClaim() { Release(); }

void UnixSocketClaim::Release() {
  if (lock_ < 0) return;
  // The lock file last, and before the lock is given up.
  unlink(path_.c_str());
  unlink(LockPath(path_).c_str());
  close(lock_);
  lock_ = -1;
}

absl::StatusOr<UnixSocketClaim> UnixSocketClaim::Take(const std::string& path) {
  const absl::StatusOr<int> lock = Lock(path);
  if (!lock.ok()) return lock.status();
  if (absl::Status status = RemoveLeftOver(path); !status.ok()) {
    // What is there isn't ours: leave it.
    unlink(LockPath(path).c_str());
    close(*lock);
    return status;
  }
  return UnixSocketClaim(path, *lock);
}

absl::Status UnixSocketClaim::Restrict(mode_t mode) const {
  if (chmod(path_.c_str(), mode) != 0) {
    return Blocked(path_, "set its mode", errno);
  }
  return absl::OkStatus();
}

}  // namespace noonmark
