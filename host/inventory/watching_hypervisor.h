#ifndef NOONMARK_HOST_INVENTORY_WATCHING_HYPERVISOR_H_
#define NOONMARK_HOST_INVENTORY_WATCHING_HYPERVISOR_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "host/inventory/connection.h"
#include "host/inventory/hypervisor.h"

namespace noonmark {

// Keeps a connection open and its observer informed.
//
// One thread makes the calls that may block for ever, another one calls the
// observer: a libvirt that hangs is told like one that is gone.
class WatchingHypervisor final : public Hypervisor {
 public:
  struct Options {
    // Between lists without an event.
    absl::Duration refresh;
    // Between attempts to connect.
    absl::Duration retry_first;
    absl::Duration retry_longest;
    // A call that takes longer is told as a fault, and waited for.
    absl::Duration patience = absl::Seconds(30);
    // How long the destructor waits for a call before it leaves it, and the
    // thread that is in it, behind.
    absl::Duration farewell = absl::Seconds(1);
    // Of the jitter between attempts.
    uint64_t seed = 0;
  };

  WatchingHypervisor(Connect connect, const Options& options);
  // Not from a call of the observer.
  ~WatchingHypervisor() override;

  void Start(Observer* observer) override;

 private:
  class Watch;
  std::shared_ptr<Watch> watch_;
  std::thread caller_;
  std::thread teller_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_INVENTORY_WATCHING_HYPERVISOR_H_
