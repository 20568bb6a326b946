#ifndef NOONMARK_HOST_CLI_TABLE_H_
#define NOONMARK_HOST_CLI_TABLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "host/cli/text_table.h"
#include "noonmark/v1/fleet.pb.h"

// Replies as tables for people: pure functions of the messages.
namespace noonmark::cli {

// `noonmark report`: a row for each guest with its verdict, its offset as
// value and bound in seconds, the age of that sample and the most important
// finding; a row for each host that did not answer or has no guests; what must
// be known of the hosts; a last line that counts.
std::string ReportTable(const v1::FleetReport& report, const Style& style);

// `noonmark guests`: who is there, where it is asked and what it runs.
std::string GuestsTable(const v1::FleetReport& report, const Style& style);

// `noonmark version`: this program's version and each daemon's, with what
// ails the daemon itself.
struct DaemonHealth {
  std::string name;
  absl::StatusOr<v1::GetHealthResponse> health;
};
std::string VersionTable(const std::string& own_version,
                         const std::vector<DaemonHealth>& daemons,
                         const Style& style);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_TABLE_H_
