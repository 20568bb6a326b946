#ifndef NOONMARK_COMMON_CORRECT_LEASE_KEEPER_H_
#define NOONMARK_COMMON_CORRECT_LEASE_KEEPER_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "common/correct/journal_record.h"

namespace noonmark {

// What noonmark-resume does, of one look at the journal: it is run every 2 s by
// PID 1's timer while anything rests, once at boot, and once whenever
// noonmark-corrector has ended.
//
// It never writes the corrector's journal. Its own, of the same format, has a
// mark for each time that it brought services back, so that a service which a
// person stops afterwards stays stopped.
enum class KeeperDeed : uint8_t {
  // Nothing rests by us, or it was brought back: stop the timer, end.
  kOver,
  // The lease lasts: look again at the next tick.
  kWait,
  // Take the lock (guest_act.h; where it cannot be had within a second, kill
  // the corrector, which frees it), look at the journal once more, and if it
  // still says so: end the hold, run `before_start`, start `units` in this
  // order, write `mark`. Do all of it, whatever fails.
  kBringBack,
};

struct KeeperDecision {
  KeeperDeed deed = KeeperDeed::kOver;
  // Profiles whose action of the phase before-start is due: the clock may have
  // been moved.
  std::vector<std::string> before_start;
  // In the order of their start.
  std::vector<std::string> units;
  // Set `failed` to how many did not start.
  JournalRecord mark;
};

// `corrector_ended`: it is known that no corrector runs (its unit's
// ExecStopPost). A lease is not waited for then, as its successor only brings
// services back, too.
KeeperDecision DecideLease(const std::vector<JournalRecord>& journal,
                           const std::vector<JournalRecord>& marks, BootId boot,
                           absl::Duration boottime, bool corrector_ended);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_LEASE_KEEPER_H_
