#ifndef NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_
#define NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/rpc/completion_loop.h"
#include "common/rpc/tls_credentials.h"
#include "common/time/clock.h"
#include "host/guests/guest_link.h"

namespace noonmark {

// Agents over gRPC: a channel and a stream each, all on one loop's thread.
// `loop` and `clock` outlive the dialer and its links; close the links before
// the loop drains (CompletionLoop::OnStop).
//
// Unix sockets are dialled in plain text: they are files, with owners.
// HOST:PORT is dialled over TLS, as `credentials` has it; without, loopback
// alone, in plain text. Beside those of GuestLink, OnClosed() tells:
//   kInvalidArgument     what is wrong with the address.
//   kFailedPrecondition  the address is on a network, and there are none.
// An agent that sends more events than any clock is set, or more bytes than any
// answer has, made no valid answer either: kInvalidArgument.
class GrpcGuestDialer : public GuestDialer {
 public:
  // Longer than an agent ever takes: it gives its corrector 2 s.
  static constexpr absl::Duration kOrderLimit = absl::Seconds(5);

  // An order without an answer fails after `order_limit`.
  GrpcGuestDialer(CompletionLoop& loop, Clock& clock,
                  absl::Duration order_limit = kOrderLimit,
                  std::shared_ptr<TlsCredentials> credentials = nullptr);
  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  const std::string& uuid,
                                  GuestLink::Observer* observer) override;

 private:
  CompletionLoop& loop_;
  Clock& clock_;
  const absl::Duration order_limit_;
  const std::shared_ptr<TlsCredentials> credentials_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_
