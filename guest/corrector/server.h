#ifndef NOONMARK_GUEST_CORRECTOR_SERVER_H_
#define NOONMARK_GUEST_CORRECTOR_SERVER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/correct/order.h"
#include "common/runtime/unix_socket.h"
#include "guest/corrector/message.h"
#include "guest/units/event_loop.h"

namespace noonmark {

// The corrector's end of the socket. Whoever may connect by the rights of the
// file is asked for its user besides; a packet that is none ends its
// connection.
class CorrectorServer {
 public:
  static constexpr size_t kMostConnections = 8;

  struct Handlers {
    // Answer() is called with the token, some time.
    std::function<void(const Order& order, uint64_t token)> order;
    std::function<absl::Status(const std::string& profile)> reload;
  };

  // Listens at `path`, mode 0660. `users`: who may ask.
  //
  // Errors: as of UnixSocketClaim; kFailedPrecondition: it cannot listen.
  static absl::StatusOr<std::unique_ptr<CorrectorServer>> Listen(
      EventLoop* loop, const std::string& path, std::set<uid_t> users,
      Handlers handlers);
  ~CorrectorServer();
  CorrectorServer(const CorrectorServer&) = delete;
  CorrectorServer& operator=(const CorrectorServer&) = delete;

  // Whoever asked may be gone: then it is dropped.
  void Answer(uint64_t token, const OperationStatus& status);

 private:
  struct Connection {
    int socket = -1;
    EventLoop::Source source;
  };
  struct Asked {
    uint64_t connection = 0;
    uint64_t number = 0;
  };

  CorrectorServer(EventLoop* loop, UnixSocketClaim claim, int socket,
                  std::set<uid_t> users, Handlers handlers);
  void Accept();
  bool MayAsk(int socket) const;
  void Receive(uint64_t connection);
  void Take(uint64_t connection, const CorrectorRequest& request);
  void Send(uint64_t connection, const CorrectorAnswer& answer);
  void Close(uint64_t connection);

  EventLoop* const loop_;
  UnixSocketClaim claim_;
  const int socket_;
  const std::set<uid_t> users_;
  const Handlers handlers_;
  EventLoop::Source source_;
  std::map<uint64_t, Connection> connections_;
  std::map<uint64_t, Asked> asked_;  // by token
  uint64_t next_ = 1;                // of connections and tokens alike
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_SERVER_H_
