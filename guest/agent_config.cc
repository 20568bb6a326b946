#include "guest/agent_config.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/config_file.h"
#include "common/trust/identity.h"
#include "guest/corrector/config.h"
#include "guest/service/listen_address.h"

namespace noonmark {
namespace {

constexpr size_t kMostWatchedFiles = 8;
constexpr size_t kMostHosts = 64;

}  // namespace

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
  config.corrector = agent.String("corrector", config.corrector);
  if (config.corrector.empty() || config.corrector[0] != '/' ||
      config.corrector.size() > kLongestSocketPath) {
    agent.Fault("corrector", "is no absolute path of a socket");
  }
  config.hosts = agent.Strings("hosts", kMostHosts);
  for (const std::string& host : config.hosts) {
    if (!MakeIdentity("any", Role::kHost, host).ok()) {
      agent.Fault("hosts", "a name in it is none of a host");
    }
  }
  ConfigTable pki = file->root().Table("pki");
  config.pki = pki.String("folder", config.pki);
  if (config.pki.empty() || config.pki[0] != '/') {
    pki.Fault("folder", "is no absolute path");
  }
  config.reload =
      pki.Duration("reload", config.reload, absl::Seconds(1), absl::Hours(1));
  config.hunt = file->root().Table("hunter").Bool("enabled", config.hunt);
  ConfigTable watch = file->root().Table("watch");
  config.watch = watch.Bool("enabled", config.watch);
  const std::vector<std::string> keys = watch.Keys();
  const std::vector<std::string> files =
      watch.Strings("files", kMostWatchedFiles);
  if (std::find(keys.begin(), keys.end(), "files") != keys.end()) {
    config.watched_files = files;
    for (const std::string& file_path : files) {
      if (file_path.empty() || file_path[0] != '/') {
        watch.Fault("files", "a path in it is not absolute");
      }
    }
  }
  // noonmark-corrector's; a fault in it is told by whoever looks first.
  ReadCorrectTable(file->root().Table("correct"));
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return config;
}

}  // namespace noonmark
