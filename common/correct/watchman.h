#ifndef NOONMARK_COMMON_CORRECT_WATCHMAN_H_
#define NOONMARK_COMMON_CORRECT_WATCHMAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/time_jump_line.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

struct WatchmanLimits {
  // So close a line and own evidence must be to each other.
  absl::Duration together = absl::Seconds(10);
  // Whoever suffers for less is over it before anything helps.
  absl::Duration bearable = absl::Seconds(5);
  // Set back by so much, also services suffer that say nothing of it.
  absl::Duration silent_suffering = absl::Seconds(60);
  // One service is reloaded at most so often in so long.
  int most_reloads = 3;
  absl::Duration most_reloads_in = absl::Minutes(10);
};

// What the agent knows by itself, from the kernel or by trying: no stranger can
// write it.
struct OwnEvidence {
  enum class Kind : uint8_t {
    kClockSet,    // REALTIME - BOOTTIME moved by `by`; < 0: back
    kGlitch,      // the hunter caught wrong readings
    kLoginFails,  // a login of its own did not get through
  };
  Kind kind = Kind::kClockSet;
  absl::Duration by;
};

// Ends what a jump of the time that nobody announced has left behind: decides
// which services are to be reloaded, and how often at most.
//
// A line alone moves nothing, for strangers write into logs. A service is
// reloaded if its own unit said that it suffers and there is own evidence close
// to it; or if the clock was set far back and it is one that suffers in
// silence, which needs no line.
class Watchman {
 public:
  // A service whose profile has an action for a step that nobody announced.
  struct Service {
    std::string profile;
    // Whose lines say that it suffers.
    std::optional<JumpTeller> teller;
    // It may suffer without a line; set if there is no teller.
    bool in_silence = false;
  };
  struct Reload {
    std::string profile;
    // For a person: "it suffers for 3m, and the clock was set by -3m20s".
    std::string why;
  };

  explicit Watchman(std::vector<Service> services, WatchmanLimits limits = {});

  // A line of a service's own unit, as the journal attests; never of a file.
  std::vector<Reload> OnLine(const JumpLine& line, MonotonicTime now);
  std::vector<Reload> OnEvidence(const OwnEvidence& evidence,
                                 MonotonicTime now);

  // A service said that it suffers, and there is no evidence yet: whether a
  // login gets through is worth knowing now.
  bool WantsProbe(MonotonicTime now) const;

 private:
  struct State {
    Service service;
    std::optional<MonotonicTime> suffers_since;
    absl::Duration suffers_for;
    // Newest last; at most `most_reloads`.
    std::vector<MonotonicTime> reloads;
  };

  bool HasEvidence(MonotonicTime now) const;
  bool Suffers(const State& state, MonotonicTime now) const;
  bool MayReload(const State& state, MonotonicTime now) const;
  std::vector<Reload> Decide(MonotonicTime now);

  const WatchmanLimits limits_;
  std::vector<State> states_;
  std::optional<MonotonicTime> evidence_at_;
  OwnEvidence evidence_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_WATCHMAN_H_
