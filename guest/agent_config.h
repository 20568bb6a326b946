#ifndef NOONMARK_GUEST_AGENT_CONFIG_H_
#define NOONMARK_GUEST_AGENT_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/rpc/tls_credentials.h"
#include "guest/corrector/message.h"

namespace noonmark {

inline constexpr char kAgentConfigPath[] = "/etc/noonmark/agent.toml";

//   [agent]
//   # Where the agent answers: unix:PATH, in plain text; or IP:PORT, over TLS,
//   # to hosts of its own fleet alone.
//   listen = "unix:/run/noonmark-agent/agent.sock"
//   # Over TLS: which hosts, by their names in the fleet; without, all of them.
//   hosts = ["dom0-a"]
//   # The socket of noonmark-corrector, to which orders are handed: a path.
//   corrector = "/run/noonmark-corrector/corrector.sock"
//
//   [pki]
//   # For IP:PORT: the folder of its key, its certificate and whom it trusts.
//   folder = "/etc/noonmark/pki"
//   # How often they are read again; 1s to 1h.
//   reload = "60s"
//
//   [hunter]
//   # Whether to look for single wrong readings of the clock: 0.1 % of a CPU.
//   enabled = true
//
//   [watch]
//   # Whether to have mail services reloaded that a time jump left behind.
//   enabled = true
//   # Where the journal may not be read: files of syslog that may say that the
//   # time jumped. dom0 is told, and nothing else comes of it.
//   files = ["/var/log/mail.log", "/var/log/mail.err", "/var/log/syslog"]
//
//   [correct]
//   # Of noonmark-corrector: guest/corrector/config.h.
struct AgentConfig {
  Address listen = {
      .path = "/run/noonmark-agent/agent.sock", .host = "", .port = 0};
  std::vector<std::string> hosts = {};
  std::string corrector = kCorrectorSocket;
  std::string pki = kPkiFolder;
  absl::Duration reload = absl::Seconds(60);
  bool hunt = true;
  bool watch = true;
  std::vector<std::string> watched_files = {
      "/var/log/mail.log", "/var/log/mail.err", "/var/log/syslog"};
};

// Errors: as of ConfigFile; a fault of a value is one of the file's.
absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_AGENT_CONFIG_H_
