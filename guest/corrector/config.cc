#include "guest/corrector/config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "guest/mail/profile.h"

namespace noonmark {

CorrectConfig ReadCorrectTable(ConfigTable table) {
  CorrectConfig config;
  CorrectionLimits& limits = config.limits;
  config.enabled = table.Bool("enabled", config.enabled);
  config.services = table.Strings("services", kMostServices);
  config.stop_time_daemon =
      table.Bool("stop_time_daemon", config.stop_time_daemon);
  limits.lease_cap = table.Duration("lease_max", limits.lease_cap,
                                    absl::Seconds(10), limits.lease_cap);
  limits.amount_cap = table.Duration("amount_max", limits.amount_cap,
                                     absl::Seconds(1), limits.amount_cap);
  limits.hold_cap = table.Duration("hold_max", limits.hold_cap,
                                   absl::ZeroDuration(), limits.hold_cap);
  limits.rate_window_short =
      table.Duration("pause", limits.rate_window_short, absl::ZeroDuration(),
                     limits.rate_window_long);
  limits.rate_most_long = static_cast<int>(
      table.Integer("corrections_a_day", limits.rate_most_long, 1, 1000));
  return config;
}

absl::StatusOr<CorrectConfig> LoadCorrectConfig(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  if (absl::IsNotFound(file.status())) return CorrectConfig();
  if (!file.ok()) return file.status();
  ConfigTable root = file->root();
  for (const std::string& key : root.Keys()) root.Leave(key);
  CorrectConfig config = ReadCorrectTable(root.Table("correct"));
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return config;
}

absl::StatusOr<std::vector<ServiceProfile>> ListedProfiles(
    const CorrectConfig& config, const std::vector<std::string>& folders) {
  absl::StatusOr<std::vector<ServiceProfile>> all =
      LoadServiceProfiles(folders);
  if (!all.ok()) return all.status();
  std::vector<ServiceProfile> listed;
  for (const std::string& name : config.services) {
    const auto profile =
        std::find_if(all->begin(), all->end(),
                     [&](const ServiceProfile& p) { return p.name == name; });
    if (profile == all->end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("correct.services: there is no profile \"", name,
                       "\"; write /etc/noonmark/profiles/", name, ".toml"));
    }
    listed.push_back(*profile);
  }
  return listed;
}

}  // namespace noonmark
