#ifndef NOONMARK_GUEST_AGENT_CONFIG_H_
#define NOONMARK_GUEST_AGENT_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/address.h"

namespace noonmark {

inline constexpr char kAgentConfigPath[] = "/etc/noonmark/agent.toml";

//   [agent]
//   # Where the agent answers: unix:PATH, or loopback (127.0.0.1:PORT).
//   listen = "unix:/run/noonmark-agent/agent.sock"
//
//   [hunter]
//   # Whether to look for single wrong readings of the clock: 0.1 % of a CPU.
//   enabled = true
struct AgentConfig {
  Address listen = {
      .path = "/run/noonmark-agent/agent.sock", .host = "", .port = 0};
  bool hunt = true;
};

// Errors: as of ConfigFile; a fault of a value is one of the file's.
absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_AGENT_CONFIG_H_
