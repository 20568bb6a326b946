#ifndef NOONMARK_GUEST_RESUME_BRING_BACK_H_
#define NOONMARK_GUEST_RESUME_BRING_BACK_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/lease_keeper.h"
#include "common/correct/order.h"
#include "common/runtime/journal_file.h"
#include "common/time/clock.h"
#include "guest/corrector/places.h"
#include "guest/corrector/turn_lock.h"
#include "guest/units/event_loop.h"
#include "guest/units/systemd_units.h"

namespace noonmark {

// What noonmark-resume does, once: it looks at the corrector's journal and, if
// its lease has ended, brings back what rests. lease_keeper.h decides; this
// acts, and goes on whatever fails.
class BringBack {
 public:
  struct Options {
    CorrectorPlaces places;
    BootId boot;
    // ExecStopPost: no corrector runs.
    bool corrector_ended = false;
    // Whether a unit may be started at all: what a journal names was written by
    // a process with fewer rights than this one.
    std::function<bool(const std::string& unit)> may_start;
  };

  BringBack(Options options, EventLoop* loop, SystemdUnits* units,
            Clock* clock);

  // OK: there was nothing to do yet, or all that was to do was done.
  //
  // Errors: kAborted: a service did not start; it is tried again.
  absl::Status Run();

 private:
  // A call that tells its end, once.
  using Call = std::function<void(std::function<void(absl::Status)>)>;

  KeeperDecision Decide();
  absl::StatusOr<TurnLock> WaitForLock(const std::string& path,
                                       TurnLock::File whose,
                                       absl::Duration longest);
  absl::StatusOr<TurnLock> TakeTurn();
  absl::Status StopTimer();
  absl::Status Start(const KeeperDecision& decision);
  size_t StartAll(const std::vector<std::string>& units);
  absl::Status Await(const Call& call);

  const Options options_;
  EventLoop* const loop_;
  SystemdUnits* const units_;
  Clock* const clock_;
  JournalFile marks_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_RESUME_BRING_BACK_H_
