#ifndef NOONMARK_TESTS_SIMULATION_TRAITS_H_
#define NOONMARK_TESTS_SIMULATION_TRAITS_H_

#include "absl/time/time.h"
#include "common/estimate/interval.h"

namespace noonmark::simulation {

// Who keeps a machine's REALTIME near UTC, every 16 s.
enum class Discipline {
  kNone,
  kNtpd,    // slews by at most 500 ppm, steps what is above 128 ms
  kChrony,  // slews by up to 83,333 ppm, never steps
  kSlewer,  // slews by at most 500 ppm, never steps
};

// Of a machine's counter, and of who disciplines the clock on it.
struct ClockTraits {
  PartsPerBillion drift = 0;
  // The rate walks at random, by up to a tenth of this every 16 s, and never
  // farther than this from the drift.
  PartsPerBillion wander = 0;
  Discipline discipline = Discipline::kNone;
  // The daemon's own error at each of its measurements, either sign.
  absl::Duration discipline_error = absl::Milliseconds(1);
  // Of one group of clock readings: mostly `bracket` wide, and once in so many
  // by chance up to `longest_bracket`.
  absl::Duration bracket = absl::Nanoseconds(200);
  absl::Duration longest_bracket = absl::Milliseconds(2);
  int long_bracket_one_in = 500;
};

// The way of one message. All of it is delay; which part does not matter.
struct NetworkTraits {
  absl::Duration least = absl::Microseconds(60);
  // Mean of an exponential queue on top.
  absl::Duration queue = absl::Microseconds(40);
  // One message in so many meets a tail of up to `tail`; 0: none.
  int tail_one_in = 0;
  absl::Duration tail = absl::Milliseconds(200);
  // One way is so much longer than the other.
  absl::Duration extra_out;
  absl::Duration extra_back;
  // One message in so many is lost for good and breaks the stream; 0: none.
  int loss_one_in = 0;
};

// The hypervisor runs others while the agent wants to run: before T2, between
// T2 and T3, after T3. One moment in so many; 0: never.
struct StealTraits {
  int one_in = 0;
  absl::Duration longest = absl::Milliseconds(30);
};

struct GuestTraits {
  ClockTraits clock;
  NetworkTraits network;
  StealTraits steal;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_TRAITS_H_
