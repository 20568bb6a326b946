#include "guest/corrector/turns.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// noonmark-resume has the lock when a lease has ended, or for the moment in
// which it stops its timer.
constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr absl::Duration kTryAgain = absl::Milliseconds(10);

}  // namespace

void Turns::Take(absl::Duration not_after,
                 std::function<void(absl::StatusOr<Turn>)> then) {
  Try(not_after, kPatience, then);
}

void Turns::Try(absl::Duration not_after, absl::Duration patience,
                const std::function<void(absl::StatusOr<Turn>)>& then) {
  Turn turn = now_.lock();
  if (turn == nullptr) {
    absl::StatusOr<TurnLock> lock = TurnLock::Try(path_, TurnLock::File::kOurs);
    if (absl::IsAborted(lock.status())) {
      if (patience <= absl::ZeroDuration()) {
        return then(absl::DeadlineExceededError(lock.status().message()));
      }
      return loop_->Later(kTryAgain, [this, not_after, patience, then] {
        Try(not_after, patience - kTryAgain, then);
      });
    }
    if (!lock.ok()) return then(lock.status());
    turn = std::make_shared<TurnLock>(std::move(*lock));
    now_ = turn;
  }
  const absl::Duration boottime = clock_->Read().boottime;
  if (boottime > not_after) {
    return then(absl::DeadlineExceededError(
        absl::StrCat("too late by ", absl::FormatDuration(boottime - not_after),
                     ": the lease ends")));
  }
  then(std::move(turn));
}

}  // namespace noonmark
