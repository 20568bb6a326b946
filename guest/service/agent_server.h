#ifndef NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_
#define NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"
#include "common/rpc/caller.h"
#include "common/time/clock.h"
#include "guest/hunter/hunt_log.h"
#include "guest/service/corrector.h"
#include "guest/watch/jump_log.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace noonmark {

struct AgentOptions {
  Address listen = {};
  // What it listens with (common/rpc/tls_credentials.h). Null: in plain text,
  // which is for unix sockets, and for loopback in tests and demos.
  std::shared_ptr<grpc::ServerCredentials> credentials = nullptr;
  // Asked again of whoever holds a stream. Null: nobody is.
  PeerRecheck still_trusted = nullptr;
  // Not empty: told as the machine's identity instead of what the machine
  // says.
  std::string machine_uuid = {};
  // Before every path that is read; "" on a machine.
  std::string root = {};
  size_t most_streams = 8;
  // What a hunter writes; must outlive the server. Null: nobody hunts.
  const HuntLog* hunt = nullptr;
  // What a watch of logs writes; must outlive the server. Null: none does.
  const JumpLog* logs = nullptr;
  // Who obeys orders; must outlive the server. Null: nobody does.
  Corrector* corrector = nullptr;
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
  // Any thread. The watch's log has a new line: the hosts are told.
  void LineWasRead();

 private:
  class Impl;
  explicit AgentServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_AGENT_SERVER_H_
