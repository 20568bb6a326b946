#include "guest/agent_trust.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/rpc/tls_credentials.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

absl::Status CheckHost(const std::vector<std::string>& hosts,
                       const Identity& peer) {
  if (peer.role != Role::kHost) {
    return absl::PermissionDeniedError(absl::StrCat(
        ShortName(peer), " is no host; nobody else asks an agent"));
  }
  if (!hosts.empty() &&
      std::find(hosts.begin(), hosts.end(), peer.id) == hosts.end()) {
    return absl::PermissionDeniedError(
        absl::StrCat(ShortName(peer),
                     " is none of agent.hosts: ", absl::StrJoin(hosts, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgentTrust> LoadAgentTrust(
    const AgentConfig& config, const std::vector<std::string>& machine) {
  if (config.listen.IsUnix()) return AgentTrust();
  const absl::StatusOr<std::shared_ptr<TlsCredentials>> credentials =
      TlsCredentials::Load(config.pki, Use::kServer, config.reload);
  if (!credentials.ok()) {
    return absl::Status(
        credentials.status().code(),
        absl::StrCat("cannot listen on ", config.listen.ToString(), ": ",
                     credentials.status().message()));
  }
  const Identity& own = (*credentials)->identity();
  if (own.role != Role::kGuest) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.pki, "/server.pem: is ", ShortName(own),
                     "'s, and an agent is a guest: noonmark pki issue guest"));
  }
  if (machine.empty()) {
    LogInfo(
        "this machine does not say its UUID: whether the certificate is its "
        "own, dom0 alone checks");
  } else if (std::find(machine.begin(), machine.end(), own.id) ==
             machine.end()) {
    return absl::FailedPreconditionError(absl::StrCat(
        config.pki, "/server.pem: is guest ", own.id, "'s, and this is ",
        machine[0], ": a copy of its disk? noonmark pki issue guest ",
        machine[0]));
  }
  AgentTrust trust;
  trust.credentials =
      (*credentials)->ForServer([hosts = config.hosts](const Identity& peer) {
        return CheckHost(hosts, peer);
      });
  trust.still_trusted = (*credentials)->StillTrusted();
  return trust;
}

}  // namespace noonmark
