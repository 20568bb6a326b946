#ifndef NOONMARK_GUEST_CORRECTOR_CONFIG_H_
#define NOONMARK_GUEST_CORRECTOR_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/correct/limits.h"
#include "common/correct/service_profile.h"
#include "common/runtime/config_file.h"

namespace noonmark {

// The guest's own say about its clock and its mail, in agent.toml:
//
//   [correct]
//   # Whether this guest's clock may be corrected at all.
//   enabled = false
//   # The profiles of what rests meanwhile; nothing else is ever stopped or
//   # started. Those of what is not installed do no harm.
//   services = ["dovecot", "postfix", "chrony"]
//   # Whether a time daemon among them may be stopped for it. Without that,
//   # only what needs no stop is done.
//   stop_time_daemon = true
//   # Services rest for no longer; 10s to 10m.
//   lease_max = "10m"
//   # The clock is never moved by more; 1s to 24h.
//   amount_max = "24h"
//   # After a step back mail waits for the highest time that was shown for no
//   # longer; 0s to 3m.
//   hold_max = "3m"
//   # From one correction to the next; 0s to 24h.
//   pause = "10m"
//   # In 24 hours; 1 to 1000.
//   corrections_a_day = 3
struct CorrectConfig {
  bool enabled = false;
  std::vector<std::string> services;
  bool stop_time_daemon = true;
  CorrectionLimits limits;
};

// Reads the table; its faults are the file's.
CorrectConfig ReadCorrectTable(ConfigTable table);

// Reads it from the agent's file, of which the agent checks the rest. A file
// that is not there is one without the table.
//
// Errors: as of ConfigFile.
absl::StatusOr<CorrectConfig> LoadCorrectConfig(const std::string& path);

// The profiles that are listed, in the order of the list.
//
// Errors: as of LoadServiceProfiles(); kInvalidArgument: one is not there.
absl::StatusOr<std::vector<ServiceProfile>> ListedProfiles(
    const CorrectConfig& config, const std::vector<std::string>& folders);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_CONFIG_H_
