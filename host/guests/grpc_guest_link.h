#ifndef NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_
#define NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_

#include <memory>
#include <string>

#include "common/rpc/completion_loop.h"
#include "common/time/clock.h"
#include "host/guests/guest_link.h"

namespace noonmark {

// Agents over gRPC: a channel and a stream each, all on one loop's thread.
// `loop` and `clock` outlive the dialer and its links; close the links before
// the loop drains (CompletionLoop::OnStop).
//
// There is no encryption yet, so only unix sockets and loopback addresses are
// dialled. Beside those of GuestLink, OnClosed() tells:
//   kInvalidArgument     what is wrong with the address.
//   kFailedPrecondition  the address is on a network.
// An agent that sends more events than any clock is set, or more bytes than any
// answer has, made no valid answer either: kInvalidArgument.
class GrpcGuestDialer : public GuestDialer {
 public:
  GrpcGuestDialer(CompletionLoop& loop, Clock& clock);
  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  GuestLink::Observer* observer) override;

 private:
  CompletionLoop& loop_;
  Clock& clock_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_GRPC_GUEST_LINK_H_
