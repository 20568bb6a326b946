#ifndef NOONMARK_HOST_INVENTORY_CONNECTION_H_
#define NOONMARK_HOST_INVENTORY_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "host/inventory/hypervisor.h"

namespace noonmark {

// One connection to whatever runs the domains, used until it breaks. Its calls,
// its destruction too, may block for as long as the other side likes.
class Connection {
 public:
  // Told of what happens on the other side: on any thread, while the
  // connection is being opened, and for a moment after its destruction.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnLifecycle(Lifecycle event) = 0;
    // The connection is of no more use.
    virtual void OnClosed(const std::string& reason) = 0;
  };

  virtual ~Connection() = default;

  // All running and paused domains, in the order of their UUIDs. An error means
  // that the connection is of no more use.
  virtual absl::StatusOr<std::vector<Domain>> ListDomains() = 0;
};

using Connect = std::function<absl::StatusOr<std::unique_ptr<Connection>>(
    std::shared_ptr<Connection::Listener>)>;

}  // namespace noonmark

#endif  // NOONMARK_HOST_INVENTORY_CONNECTION_H_
