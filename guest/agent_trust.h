#ifndef NOONMARK_GUEST_AGENT_TRUST_H_
#define NOONMARK_GUEST_AGENT_TRUST_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/caller.h"
#include "guest/agent_config.h"

namespace noonmark {

// What the agent listens with where it is told to listen on a network: it is
// this very guest, and hosts of its fleet may come, those that `config` names.
// Both null: on a unix socket nothing is needed.
struct AgentTrust {
  std::shared_ptr<grpc::ServerCredentials> credentials;
  PeerRecheck still_trusted;
};

// Errors, each with what to do: as of TlsCredentials::Load(), and
//   kFailedPrecondition  the certificate is another guest's, as a copied disk's
//                        is.
// `machine`: as MachineUuids() has it.
absl::StatusOr<AgentTrust> LoadAgentTrust(
    const AgentConfig& config, const std::vector<std::string>& machine);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_AGENT_TRUST_H_
