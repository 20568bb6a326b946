#ifndef NOONMARK_HOST_DAEMON_H_
#define NOONMARK_HOST_DAEMON_H_

#include "absl/status/status.h"
#include "common/runtime/signals.h"
#include "host/config/daemon_config.h"

namespace noonmark {

// noonmarkd at work: wires libvirt, the agents' connections, the monitor and
// the fleet API, and serves until a stop signal.
//
// Errors: what keeps it from starting; afterwards it only ends by a signal.
absl::Status RunDaemon(const DaemonConfig& config, StopSignals& signals);

}  // namespace noonmark

#endif  // NOONMARK_HOST_DAEMON_H_
