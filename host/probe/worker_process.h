#ifndef NOONMARK_HOST_PROBE_WORKER_PROCESS_H_
#define NOONMARK_HOST_PROBE_WORKER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/runtime/packet_channel.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"
#include "host/probe/probe_message.h"
#include "host/probe/probe_worker.h"
#include "host/probe/worker_watch.h"

namespace noonmark {

struct WorkerOptions {
  std::string name;                  // in the log: "probe worker"
  std::vector<std::string> command;  // the first is a path
  WorkerLimits limits;
  absl::Duration look_every = absl::Seconds(2);
  // Until another is started after one that did not live as long as this.
  absl::Duration restart = absl::Seconds(1);
};

// A worker as a process of its own: started, looked at, ended when it takes too
// much, and started again, as long as the object lives. All on one thread.
class WorkerProcess final : public ProbeWorker {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // As in ProbeDialer.
    virtual void OnNews(const ProbeWorker& worker, const ProbeNews& news) = 0;
    virtual void OnGone(const ProbeWorker& worker, const absl::Status& why,
                        bool overtaxed) = 0;
  };
  // The loop that it lives on. What was posted or is due when the object is
  // gone does nothing.
  struct Loop {
    std::function<void(std::function<void()>)> post;
    std::function<void(absl::Duration, std::function<void()>)> after;
  };

  WorkerProcess(WorkerOptions options, Loop loop, Clock& clock);
  // Ends the process and waits for its end.
  ~WorkerProcess() override;

  // Once, before anything is sent. `observer` outlives it. That the program is
  // not there is told at once; it is tried again all the same.
  absl::Status Start(Observer* observer);

  bool Send(const ProbeOrder& order) override;

  // 0: there is none just now.
  pid_t pid() const { return pid_; }

 private:
  absl::Status Launch();
  void StartAgain();
  void Look();
  void OnPacket(const std::string& packet);
  void OnEnd(const absl::Status& why);
  // Has the kernel end it; that it is gone is told later. `why`: for the log.
  void Kill(const std::string& why);
  // Its end, which is waited for.
  struct End {
    std::string words;
    bool by_signal = false;
  };
  End Reap();
  // Runs `work` after `delay`, if the object is still there.
  void After(absl::Duration delay, void (WorkerProcess::*work)());

  const WorkerOptions options_;
  const Loop loop_;
  Clock& clock_;
  Observer* observer_ = nullptr;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  pid_t pid_ = 0;
  int process_ = -1;  // a descriptor of it
  std::unique_ptr<PacketChannel> channel_;
  MonotonicTime started_;
  std::optional<WorkerWatch> watch_;
  std::set<LinkId> links_;
  uint64_t ping_ = 0;
  std::string killed_for_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_WORKER_PROCESS_H_
