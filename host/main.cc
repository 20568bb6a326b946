// noonmarkd: the daemon in dom0.

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "common/runtime/signals.h"
#include "host/config/daemon_config.h"
#include "host/daemon.h"

namespace noonmark {
namespace {

constexpr char kConfigPath[] = "/etc/noonmark/noonmarkd.toml";
constexpr int kFailed = 1;
constexpr int kUsage = 2;

// Without a file at the usual place the defaults hold; one that was named must
// be there.
absl::StatusOr<DaemonConfig> Load(const std::string& path, bool named) {
  absl::StatusOr<DaemonConfig> config = LoadDaemonConfig(path);
  if (!named && absl::IsNotFound(config.status())) return DefaultDaemonConfig();
  return config;
}

// A line for each fault.
int Failed(const absl::Status& status) {
  LogLines(LogLevel::kError, std::string(status.message()));
  return kFailed;
}

int Main(int argc, char** argv) {
  StopSignals signals;
  CLI::App app("Watches the clocks of this host's guests.", "noonmarkd");
  app.set_version_flag("--version",
                       absl::StrCat("noonmarkd ", NOONMARK_VERSION));
  app.footer(
      "Examples:\n"
      "  noonmarkd --config /etc/noonmark/noonmarkd.toml\n"
      "  noonmarkd config check /etc/noonmark/noonmarkd.toml\n"
      "What it sees: noonmark report.");
  std::string path = kConfigPath;
  CLI::Option* config_flag =
      app.add_option("--config", path, "configuration, TOML")
          ->capture_default_str()
          ->type_name("FILE");
  CLI::App* config_command = app.add_subcommand("config", "configuration");
  config_command->require_subcommand(1);
  CLI::App* check =
      config_command->add_subcommand("check", "says what is wrong in FILE");
  std::string checked;
  check->add_option("FILE", checked, "default: that of --config");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmarkd: " << error.what()
              << " (noonmarkd --help tells the usage)\n";
    return kUsage;
  }

  const bool named = config_flag->count() > 0;
  if (check->parsed()) {
    if (!checked.empty()) path = checked;
    const absl::StatusOr<DaemonConfig> config = LoadDaemonConfig(path);
    if (!config.ok()) return Failed(config.status());
    std::cout << path << ": fine\n";
    return 0;
  }

  const absl::StatusOr<DaemonConfig> config = Load(path, named);
  if (!config.ok()) return Failed(config.status());
  const absl::Status status = RunDaemon(*config, signals);
  return status.ok() ? 0 : Failed(status);
}

}  // namespace
}  // namespace noonmark

int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
