#ifndef NOONMARK_COMMON_RUNTIME_SIGNALS_H_
#define NOONMARK_COMMON_RUNTIME_SIGNALS_H_

#include <functional>
#include <thread>

namespace noonmark {

// SIGINT and SIGTERM as calls of a function. Make one first thing in main(),
// before any thread is started: the threads inherit that the signals are
// blocked. It also ignores SIGPIPE, so that a closed stderr ends no service.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Calls `stop` on a thread of its own at the first signal, also at one that
  // came before. A second signal ends the process in the signal's own way:
  // whoever presses Ctrl-C twice doesn't want to wait. Once only.
  void OnStop(std::function<void()> stop);
  // No call is running or will come after: what `stop` refers to may go. A
  // signal that comes now waits for the process's end.
  void StopWatching();

 private:
  void Watch(const std::function<void()>& stop) const;

  int signals_;  // a signalfd
  int end_;      // an eventfd
  std::thread watcher_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_SIGNALS_H_
