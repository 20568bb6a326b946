#ifndef NOONMARK_HOST_CONFIG_DAEMON_CONFIG_H_
#define NOONMARK_HOST_CONFIG_DAEMON_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "host/config/correction_config.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/monitor.h"
#include "host/reference/chrony_watcher.h"

namespace noonmark {

// /etc/noonmark/noonmarkd.toml. Each option with its unit, its range and its
// default is documented where it is read, in daemon_config.cc.
struct DaemonConfig {
  // "unix:PATH": where read-only questions are answered.
  std::string listen;
  // "unix:PATH": where operators' orders are taken; and whom it is given to.
  std::string operate;
  std::string operators;
  // "IP:PORT": where operators with certificates ask, over TLS; empty: nowhere.
  // And which of them may also order.
  std::string network;
  std::vector<std::string> orderers;
  // Where this host's own key, certificate and whom it trusts are, and how
  // often they are read again.
  std::string pki;
  absl::Duration reload;
  // The program that speaks with the guests.
  std::string probe;
  LibvirtOptions libvirt;
  MonitorOptions monitor;
  // Not empty: where the core's inputs are recorded.
  std::string trace_file;
  int64_t trace_bytes = 0;
  ChronyOptions chrony;
  CorrectionConfig correction;
};

// What holds without a file. The host's name is the machine's.
absl::StatusOr<DaemonConfig> DefaultDaemonConfig();

// Errors: as ConfigFile's: file, line, column, and what is wrong.
absl::StatusOr<DaemonConfig> LoadDaemonConfig(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_HOST_CONFIG_DAEMON_CONFIG_H_
