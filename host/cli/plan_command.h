#ifndef NOONMARK_HOST_CLI_PLAN_COMMAND_H_
#define NOONMARK_HOST_CLI_PLAN_COMMAND_H_

#include "host/cli/command_line.h"
#include "host/cli/dom0.h"
#include "host/cli/speaker.h"

namespace noonmark::cli {

// noonmark plan: asks which dom0 has the guest, and shows what would be done
// about its clock.
ExitCode ShowPlan(const Request& request, const Targets& targets,
                  const Speaker& speaker);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PLAN_COMMAND_H_
