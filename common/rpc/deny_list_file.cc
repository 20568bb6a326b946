#include "common/rpc/deny_list_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/durable_file.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

// A file that took another's place has another number.
bool IsSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

}  // namespace

absl::Status DenyListFile::ReadAgain() {
  const absl::StatusOr<std::string> text = ReadDurable(path_);
  if (!text.ok()) {
    return absl::IsNotFound(text.status())
               ? absl::InvalidArgumentError(absl::StrCat(
                     path_,
                     ": there is none; bring it from where keys are "
                     "issued (an empty file denies nobody)"))
               : text.status();
  }
  absl::StatusOr<DenyList> list = DenyList::Parse(*text);
  if (!list.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", list.status().message()));
  }
  list_ = *std::move(list);
  return absl::OkStatus();
}

absl::Status DenyListFile::Load() {
  const MutexLock lock(mutex_);
  // Before it is read: a change in between is then seen as one.
  if (stat(path_.c_str(), &seen_) != 0) seen_ = {};
  return ReadAgain();
}

bool DenyListFile::Contains(const KeyHash& key) {
  const MutexLock lock(mutex_);
  struct stat now = {};
  if (stat(path_.c_str(), &now) != 0) now = {};
  if (!IsSame(now, seen_)) {
    seen_ = now;
    const absl::Status status = ReadAgain();
    const std::string fault(status.message());
    if (!status.ok() && fault != fault_) {
      LogError(absl::StrCat(fault, "; the list that was read before holds"));
    }
    fault_ = fault;
  }
  return list_.Contains(key);
}

}  // namespace noonmark
