#ifndef NOONMARK_GUEST_CORRECTOR_TURN_LOCK_H_
#define NOONMARK_GUEST_CORRECTOR_TURN_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace noonmark {

// The lock that noonmark-corrector and noonmark-resume take turns by; why is
// told under "The lock" in common/correct/guest_act.h. The kernel gives it back
// when its holder dies. Held as long as the object lives.
class TurnLock {
 public:
  // Whose the file is: he makes it where it is missing. Made by the other, it
  // could be one that he may not open.
  enum class File { kOurs, kTheirs };

  // Never waits.
  //
  // Errors:
  //   kAborted      the other has it: try again.
  //   kUnavailable  the file cannot be opened, or is theirs and not there; the
  //                 message has the reason.
  static absl::StatusOr<TurnLock> Try(const std::string& path, File file);

  TurnLock(TurnLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  TurnLock& operator=(TurnLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~TurnLock();

 private:
  explicit TurnLock(int file) : file_(file) {}

  int file_;  // -1: moved away
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_TURN_LOCK_H_
