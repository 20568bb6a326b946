#ifndef NOONMARK_COMMON_CORRECT_LIMITS_H_
#define NOONMARK_COMMON_CORRECT_LIMITS_H_

#include "absl/time/time.h"

namespace noonmark {

// What no configuration of dom0 and no order can exceed: the guest checks each
// again. Durations that are limits of an amount hold for both signs.
struct CorrectionLimits {
  // Services may rest for at most so long, by the guest's BOOTTIME.
  absl::Duration lease_cap = absl::Seconds(600);
  // Mail waits for the highest time that was shown for at most so long.
  absl::Duration hold_cap = absl::Seconds(180);
  // Never moved by more.
  absl::Duration amount_cap = absl::Hours(24);
  // Forward by at most so much while mail runs. Live dotlocks look stale
  // beyond 120 s.
  absl::Duration forward_unquiesced = absl::Seconds(100);
  // What is slewed at 500 ppm in 15 minutes.
  absl::Duration slew_cap = absl::Milliseconds(450);
  // How much a correction may differ from what was announced as mail was
  // stopped; it was measured again meanwhile.
  absl::Duration announced_tolerance = absl::Seconds(2);
  // Two readings of REALTIME - BOOTTIME that differ by no more are of a clock
  // that nobody set between them. Far above what reading costs on a busy
  // machine, far below what mail minds.
  absl::Duration clock_tolerance = absl::Milliseconds(10);
  // What others may move the clock by after a correction, all together, before
  // it is disputed.
  absl::Duration dispute_tolerance = absl::Milliseconds(500);
  // Mail comes back by itself so long after the clock was moved, if dom0 says
  // no more.
  absl::Duration resume_patience = absl::Seconds(10);
  // An order is accepted so long after the reading that it was computed from,
  // and no later. What the network holds back for longer belongs to an
  // intention that dom0 may have given up; and of the clock's rate in that time
  // nobody knows: at a tenth, the most that a kernel lets a clock run off, it
  // is wrong by the target of a correction then.
  absl::Duration order_validity = absl::Seconds(5);
  // From then on it is the guest that is slow, not the network. An emulated
  // guest whose processor mail kept busy took 8 s from the order to the
  // move: 1.4 s until its units were surveyed, the rest to write the intent to
  // its disk and survey them again, which takes it 1 s while mail rests. A time
  // daemon's stop and polkit's first start come on top. This delay makes no
  // amount wrong of which the guest sees itself that it is still right: that
  // nobody set the clock (`clock_tolerance`) nor made it run off meanwhile
  // (`rate_tolerance`). What it sees nothing of, a pause or a leap of the
  // counter itself, is the reason for an end.
  absl::Duration move_limit = absl::Seconds(30);
  // How much further or less far than RAW the clock may have run between the
  // acceptance and the move, beside `clock_tolerance`: what a kernel's usual
  // discipline, 500 ppm, does in `move_limit`.
  absl::Duration rate_tolerance = absl::Milliseconds(15);
  // A correction begins at most once in `rate_window_short`, and at most
  // `rate_most_long` times in `rate_window_long`.
  absl::Duration rate_window_short = absl::Minutes(10);
  absl::Duration rate_window_long = absl::Hours(24);
  int rate_most_long = 3;
  // REALTIME that the kernel takes: below 8277292036 s.
  absl::Duration realtime_end = absl::Seconds(8'277'292'036);
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_LIMITS_H_
