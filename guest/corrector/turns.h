#ifndef NOONMARK_GUEST_CORRECTOR_TURNS_H_
#define NOONMARK_GUEST_CORRECTOR_TURNS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guest/corrector/turn_lock.h"
#include "guest/units/event_loop.h"

namespace noonmark {

// The corrector's turns on the lock that it shares with noonmark-resume.
// Several of its acts may be under way in one turn.
class Turns {
 public:
  // Held until the last copy of it is gone.
  using Turn = std::shared_ptr<TurnLock>;

  // `path`: CorrectorPlaces::Lock().
  Turns(EventLoop* loop, Clock* clock, std::string path)
      : loop_(loop), clock_(clock), path_(std::move(path)) {}

  // Tells when it is the corrector's turn, perhaps at once from within this
  // call.
  //
  // Errors: kDeadlineExceeded: BOOTTIME, read after the lock was taken, is
  // beyond `not_after`; or noonmark-resume has the lock for too long.
  // kUnavailable: there is no lock to be had.
  void Take(absl::Duration not_after,
            std::function<void(absl::StatusOr<Turn>)> then);

 private:
  void Try(absl::Duration not_after, absl::Duration patience,
           const std::function<void(absl::StatusOr<Turn>)>& then);

  EventLoop* const loop_;
  Clock* const clock_;
  const std::string path_;
  std::weak_ptr<TurnLock> now_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_TURNS_H_
