#ifndef NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_
#define NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"
#include "common/time/clock.h"
#include "guest/hunter/hunt_log.h"

namespace noonmark {

struct AgentOptions {
  Address listen = {};
  // Not empty: told as the machine's identity instead of what the machine
  // says.
  std::string machine_uuid = {};
  // Before every path that is read; "" on a machine.
  std::string root = {};
  size_t most_streams = 8;
  // What a hunter writes; must outlive the server. Null: nobody hunts.
  const HuntLog* hunt = nullptr;
};

// An agent that serves the readings of a clock on one thread.
class AgentServer {
 public:
  // Listens, but answers nothing before Run(). `clock` must outlive the
  // server; it is read on the thread of Run().
  //
  // Errors, with the address, the cause and what to do:
  //   kAlreadyExists       another agent listens there.
  //   kFailedPrecondition  the socket cannot be made.
  static absl::StatusOr<std::unique_ptr<AgentServer>> Listen(
      const AgentOptions& options, Clock* clock);
  ~AgentServer();
  AgentServer(const AgentServer&) = delete;
  AgentServer& operator=(const AgentServer&) = delete;

  // Where it listens; the port is the one that the kernel chose.
  const Address& address() const;

  // Serves until Stop(). Once.
  void Run();
  // Any thread. Streams end with UNAVAILABLE.
  void Stop();

  // Any thread. Does what is done when the kernel says that CLOCK_REALTIME
  // was set, which the server hears by itself.
  void ClockWasSet();
  // Any thread. The hunter's log has a new glitch: the hosts are told.
  void GlitchWasFound();

 private:
  class Impl;
  explicit AgentServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_
