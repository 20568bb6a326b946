#ifndef NOONMARK_COMMON_RUNTIME_UNIX_SOCKET_H_
#define NOONMARK_COMMON_RUNTIME_UNIX_SOCKET_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace noonmark {

// The right to listen on one path of the file system, held by a lock on
// PATH.lock as long as the object lives. When it ends, the socket and the lock
// file are removed.
class UnixSocketClaim {
 public:
  // Takes the path and removes a socket that a dead process left there.
  //
  // Errors:
  //   kAlreadyExists       a live process listens there.
  //   kFailedPrecondition  something that is no socket is in the way, or the
  //                        folder is missing or closed to us.
  //   The message names the path, the cause and what to do.
  static absl::StatusOr<UnixSocketClaim> Take(const std::string& path);

  UnixSocketClaim(UnixSocketClaim&& other) noexcept;
  UnixSocketClaim& operator=(UnixSocketClaim&& other) noexcept;
  ~UnixSocketClaim();

  // Who may connect: its mode, 0600 or 0660. After bind.
  absl::Status Restrict(mode_t mode) const;

 private:
  UnixSocketClaim(std::string path, int lock);
  void Release();

  std::string path_;
  int lock_;  // -1: moved away
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_UNIX_SOCKET_H_
