#ifndef NOONMARK_COMMON_RPC_LISTENER_WATCH_H_
#define NOONMARK_COMMON_RPC_LISTENER_WATCH_H_

#include <condition_variable>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/sync/mutex.h"

namespace noonmark {

// Connects to whoever listens at an address of this machine, by its number, and
// says that it will say nothing: a listener that lives answers, with its
// greeting or by ending the connection. Nobody has to be trusted for that.
//
// Errors, with the address: kUnavailable: nobody takes the connection, or no
// answer came within `limit`, or this process has no descriptor left.
absl::Status ProbeListener(const Address& address, absl::Duration limit);

// Looks at the own listeners again and again, on a thread of its own: gRPC's
// die for good when descriptors run out, and nobody is told. It is not
// systemd's watchdog that ends the process then: that goes by CLOCK_MONOTONIC,
// and would end it at just the leap of the counter that it is there to tell of.
class ListenerWatch {
 public:
  using Probe = std::function<absl::Status(const Address&)>;
  struct Pace {
    absl::Duration every = absl::Seconds(2);
    // While one gave no answer.
    absl::Duration again = absl::Seconds(1);
    // So many in a row without an answer: it is dead. What is in the way for a
    // moment, as a storm of connections, is over by then or it is no loss.
    int failures = 3;
  };

  // Calls `dead` once, on its thread, with the last failure. `probe` is called
  // for each address in turn.
  ListenerWatch(std::vector<Address> addresses, Pace pace, Probe probe,
                std::function<void(const absl::Status&)> dead);
  // With ProbeListener(), which waits 1 s.
  ListenerWatch(std::vector<Address> addresses,
                std::function<void(const absl::Status&)> dead);
  // Returns when its thread has ended: as long as a probe takes, at most.
  ~ListenerWatch();
  ListenerWatch(const ListenerWatch&) = delete;
  ListenerWatch& operator=(const ListenerWatch&) = delete;

 private:
  void Watch(const std::vector<Address>& addresses, Pace pace,
             const Probe& probe,
             const std::function<void(const absl::Status&)>& dead);
  // False: it is over.
  bool Wait(absl::Duration time);

  Mutex mutex_;
  std::condition_variable_any changed_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_LISTENER_WATCH_H_
