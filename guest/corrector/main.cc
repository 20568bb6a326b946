// noonmark-corrector: moves this guest's clock while its mail rests.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "guest/adjust/kernel_clock_adjuster.h"
#include "guest/corrector/config.h"
#include "guest/corrector/corrector.h"
#include "guest/corrector/profile_files.h"

namespace noonmark {
namespace {

absl::Status Serve(const CorrectorOptions& options) {
  SystemClock clock;
  const absl::StatusOr<std::unique_ptr<KernelClockAdjuster>> adjuster =
      KernelClockAdjuster::Open(&clock);
  if (!adjuster.ok()) return adjuster.status();
  return RunCorrector(options, &clock, adjuster->get());
}

// Each of these profiles, from the folders of `options`.
absl::Status WriteFiles(const CorrectorOptions& options,
                        const std::vector<std::string>& names, FileOwner owner,
                        const std::string& root) {
  CorrectConfig named;
  named.services = names;
  const absl::StatusOr<std::vector<ServiceProfile>> profiles =
      ListedProfiles(named, options.profiles);
  if (!profiles.ok()) return profiles.status();
  for (const ServiceProfile& profile : *profiles) {
    absl::Status status = WriteProfileFiles(profile, owner, root);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CorrectorOptions options;
  CLI::App app(
      "Moves this guest's clock when noonmark-agent passes on an order, with "
      "its mail at rest where that needs it. systemd runs it.",
      "noonmark-corrector");
  app.set_version_flag("--version", "noonmark-corrector " NOONMARK_VERSION);
  app.add_option("--config", options.config,
                 "configuration file; " + options.config +
                     " where not given, of which [correct] is read")
      ->type_name("FILE");
  CLI::App* config = app.add_subcommand("config", "look at the configuration");
  config->require_subcommand(1);
  CLI::App* check =
      config->add_subcommand("check", "say what is wrong with it, and exit");
  check->add_option("file", options.config)->type_name("FILE");
  std::vector<std::string> names;
  std::string root;
  bool package = false;
  CLI::App* profile = app.add_subcommand("profile", "look after profiles");
  profile->require_subcommand(1);
  CLI::App* install = profile->add_subcommand(
      "install",
      "write what systemd and polkit must know of an operator's own profiles; "
      "then: systemctl daemon-reload");
  install->add_option("name", names, "the profile's name")
      ->required()
      ->type_name("NAME");
  install->add_option("--profiles", options.profiles, "where profiles are")
      ->type_name("FOLDER");
  install->add_option("--root", root, "write below this folder")
      ->type_name("FOLDER");
  install->add_flag("--package", package, "for a package: to /usr, not /etc");
  app.footer(
      "Examples:\n"
      "  noonmark-corrector config check\n"
      "  noonmark-corrector profile install stalwart");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-corrector: " << error.what()
              << " (noonmark-corrector --help tells the usage)\n";
    return 2;
  }
  options.boot = ThisBoot();
  const absl::Status status =
      check->parsed() ? CheckCorrectorConfig(options)
      : install->parsed()
          ? WriteFiles(options, names,
                       package ? FileOwner::kPackage : FileOwner::kOperator,
                       root)
          : Serve(options);
  if (!status.ok()) {
    LogLines(LogLevel::kError, std::string(status.message()));
  }
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
