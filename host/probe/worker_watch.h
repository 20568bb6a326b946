#ifndef NOONMARK_HOST_PROBE_WORKER_WATCH_H_
#define NOONMARK_HOST_PROBE_WORKER_WATCH_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/runtime/process_use.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// What a worker may use.
struct WorkerLimits {
  // So many looks in a row without a word from the thread that speaks with the
  // guests: it hangs. Looks and not seconds: a host's counter may leap.
  int silent_looks = 3;
  // And before its first word, while it starts on a machine that is busy.
  int starting_looks = 15;
  // Of memory: by itself, and for each connection.
  uint64_t own_bytes = uint64_t{128} << 20;
  uint64_t link_bytes = 256 * 1024;
  // Of a CPU's time beyond what its answers are worth, within `window`; absent:
  // as much as it likes.
  std::optional<absl::Duration> wasted;
  absl::Duration window = absl::Seconds(10);
  // What an answer is worth, and a connection with its handshake: several times
  // what they cost.
  absl::Duration answer = absl::Milliseconds(2);
  absl::Duration connection = absl::Milliseconds(30);
};

// Whether a worker keeps within its limits. A pure judge: it is told, and says
// what is wrong.
class WorkerWatch {
 public:
  explicit WorkerWatch(const WorkerLimits& limits) : limits_(limits) {}

  // It answered the last ping.
  void OnPong() {
    silent_looks_ = 0;
    started_ = true;
  }
  void OnAnswer() { worth_ += limits_.answer; }
  void OnConnection() { worth_ += limits_.connection; }

  // To be asked each few seconds, before it is sent another ping, with what
  // it has used (absent: unknown) and how many connections it has. Empty: it is
  // well. Else why it has to be ended, for a person.
  std::string Judge(MonotonicTime now, const std::optional<ProcessUse>& use,
                    uint64_t links);

 private:
  struct Moment {
    MonotonicTime at;
    absl::Duration used;   // CPU, since its start
    absl::Duration worth;  // of what it did, the same
  };

  const WorkerLimits limits_;
  bool started_ = false;
  int silent_looks_ = 0;
  absl::Duration worth_;
  std::deque<Moment> moments_;  // of the window
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_WORKER_WATCH_H_
