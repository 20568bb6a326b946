#ifndef NOONMARK_HOST_GUESTS_AGENT_CHANNEL_H_
#define NOONMARK_HOST_GUESTS_AGENT_CHANNEL_H_

#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include "common/rpc/address.h"

namespace noonmark {

// A channel of its own to one agent, for one link. Whoever answers may be
// hostile: everything that costs memory is limited, everything that could lead
// the traffic elsewhere or repeat a request is off. `credentials` null: in
// plain text.
std::shared_ptr<grpc::Channel> OpenAgentChannel(
    const Address& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials);

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_AGENT_CHANNEL_H_
