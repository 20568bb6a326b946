#ifndef NOONMARK_HOST_CLI_PKI_COMMAND_H_
#define NOONMARK_HOST_CLI_PKI_COMMAND_H_

#include "absl/time/time.h"
#include "host/cli/command_line.h"
#include "host/cli/pki_request.h"
#include "host/cli/speaker.h"

namespace noonmark::cli {

// `noonmark pki`: does what is asked to the authority's folder, says what it
// made, and which file goes where next. It asks no dom0.
ExitCode RunPki(const PkiRequest& request, absl::Time now,
                const Speaker& speaker);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PKI_COMMAND_H_
