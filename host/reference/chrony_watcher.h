#ifndef NOONMARK_HOST_REFERENCE_CHRONY_WATCHER_H_
#define NOONMARK_HOST_REFERENCE_CHRONY_WATCHER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/detect/host_bound.h"
#include "common/time/clock.h"
#include "host/reference/bounded_output.h"

namespace noonmark {

struct ChronyOptions {
  // Absolute path of chronyc; empty: chronyd is not asked.
  std::string chronyc = "/usr/bin/chronyc";
  absl::Duration interval = absl::Seconds(10);
  ProgramLimits limits;
};

// Asks chronyd of the host's clock every so often, by `chronyc -c -n tracking`
// on a thread of its own: whoever is told never waits for it.
class ChronyWatcher {
 public:
  // On the watcher's thread.
  using Tell = std::function<void(ChronyReport)>;

  // Begins at once. `clock` must outlive the watcher.
  ChronyWatcher(ChronyOptions options, Clock& clock, Tell tell);
  // Waits for the thread, but not for chronyc. Nobody is told afterwards.
  ~ChronyWatcher();
  ChronyWatcher(const ChronyWatcher&) = delete;
  ChronyWatcher& operator=(const ChronyWatcher&) = delete;

  // Any thread: asks as soon as it can, since the clock was set.
  void AskNow();

 private:
  void Run();

  const ChronyOptions options_;
  Clock& clock_;
  const Tell tell_;
  // Event counters: readable once something was written.
  int stop_ = -1;
  int ask_ = -1;
  std::thread thread_;
};

// One question and its answer. `stop`: see RunForOutput().
ChronyReport AskChrony(const ChronyOptions& options, Clock& clock, int stop);

}  // namespace noonmark

#endif  // NOONMARK_HOST_REFERENCE_CHRONY_WATCHER_H_
