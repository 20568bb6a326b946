#include "guest/agent_config.h"

#include <string_view>

#include "common/runtime/config_file.h"
#include "guest/service/listen_address.h"

namespace noonmark {

absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  if (!file.ok()) return file.status();

  AgentConfig config;
  ConfigTable agent = file->root().Table("agent");
  const absl::StatusOr<Address> listen =
      ReadListenAddress(agent.String("listen", config.listen.ToString()));
  if (listen.ok()) {
    config.listen = *listen;
  } else {
    const absl::string_view why = listen.status().message();
    agent.Fault("listen", std::string_view(why.data(), why.size()));
  }
  config.hunt = file->root().Table("hunter").Bool("enabled", config.hunt);
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return config;
}

}  // namespace noonmark
