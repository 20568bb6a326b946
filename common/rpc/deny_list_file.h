#ifndef NOONMARK_COMMON_RPC_DENY_LIST_FILE_H_
#define NOONMARK_COMMON_RPC_DENY_LIST_FILE_H_

#include <sys/stat.h>

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/sync/mutex.h"
#include "common/trust/deny_list.h"

namespace noonmark {

// A deny-list that is read again when its file has changed, as whoever asks
// finds out by stat(). A file that is gone or damaged meanwhile changes
// nothing: the last good list holds, and the log says so.
class DenyListFile {
 public:
  explicit DenyListFile(std::string path) : path_(std::move(path)) {}

  // The first time: it must be there and good.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mutex_);
  // Any thread.
  bool Contains(const KeyHash& key) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status ReadAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  Mutex mutex_;
  struct stat seen_ ABSL_GUARDED_BY(mutex_) = {};
  DenyList list_ ABSL_GUARDED_BY(mutex_);
  // Said already.
  std::string fault_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_DENY_LIST_FILE_H_
