#ifndef NOONMARK_HOST_GUESTS_AGENT_STATUS_H_
#define NOONMARK_HOST_GUESTS_AGENT_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "common/rpc/address.h"

namespace noonmark {

// How a call to an agent ended, for a person: with the address, without gRPC's
// inner life, and with what the agent said cut to a line and made printable.
// Never OK: a stream that the agent ended in peace is kUnavailable, as is one
// to whoever did not prove to be the guest. `over_tls`: a connection that
// breaks may be one that the agent refuses, who tells that to its log alone.
absl::Status AgentStatus(const grpc::Status& status, const Address& address,
                         bool over_tls);

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_AGENT_STATUS_H_
