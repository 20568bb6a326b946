#ifndef NOONMARK_HOST_CLI_WORDING_H_
#define NOONMARK_HOST_CLI_WORDING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "noonmark/v1/fleet.pb.h"

// The words that tables, CSV and explanations share. All take safe messages
// (safe_text.h), unless said otherwise, and give safe text.
namespace noonmark::cli {

// "wrong"; "verdict-9" for one that this program does not know yet.
std::string VerdictName(v1::Verdict verdict);
// "fault", "warning", "info".
std::string SeverityName(v1::Severity severity);
// "running", "paused".
std::string StateName(v1::DomainState state);
// "proven", "declared", "unproven".
std::string TrustName(v1::HostTrust trust);

// How long a condition has lasted by the time of the report. Absent: it is
// over, or it is something that happened.
std::optional<absl::Duration> LastsFor(const v1::Finding& finding);

// A finding in a few words: "counter-jump 12 min ago, 2^42 ns" where something
// happened, "agent-unreachable for 94 s: no answer for 3 polls" where it lasts.
std::string FindingText(const v1::Finding& finding);

// What a table says of a guest beside its verdict: its most important finding
// and how many more there are, its reason where no active finding tells it.
// Empty: nothing to say.
std::string RemarkText(const v1::Guest& guest);

// What a reader must know of a host to read its guests' rows, a line each:
// how far its clock is to be trusted unless that is proven, its own findings,
// libvirt out of reach. Without the host's name.
std::vector<std::string> HostNotes(const v1::Host& host);

// "2 hosts", "1 host".
std::string Counted(size_t count, absl::string_view noun);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_WORDING_H_
