#ifndef NOONMARK_HOST_CLI_ORDER_COMMAND_H_
#define NOONMARK_HOST_CLI_ORDER_COMMAND_H_

#include "host/cli/command_line.h"
#include "host/cli/dom0.h"
#include "host/cli/speaker.h"

namespace noonmark::cli {

// noonmark correct, quiesce, resume, hold and release. `targets`: the sockets
// that take orders.
ExitCode GiveOrder(const Request& request, const Targets& targets,
                   const Speaker& speaker);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_ORDER_COMMAND_H_
