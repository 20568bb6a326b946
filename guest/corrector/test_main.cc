// noonmark-corrector-test: noonmark-corrector with a file in the clock's place,
// and with every folder of its own. For tests on a machine whose clock must not
// move; it is never packaged.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "guest/adjust/offset_file_clock.h"
#include "guest/corrector/corrector.h"

namespace noonmark {
namespace {

int Main(int argc, char** argv) {
  CorrectorOptions options;
  std::string offset_file, boot;
  int die_at = 0;
  bool show_crossings = false;
  CLI::App app("noonmark-corrector for tests: it moves a file's offset.",
               "noonmark-corrector-test");
  app.add_option("--offset-file", offset_file,
                 "what REALTIME is ahead by, in seconds, as libfaketime reads")
      ->required();
  app.add_option("--config", options.config, "configuration file")->required();
  app.add_option("--profiles", options.profiles, "folders of profiles");
  app.add_option("--state", options.places.state, "for the journal")
      ->required();
  app.add_option("--runtime", options.places.runtime, "for the socket")
      ->required();
  app.add_option("--resume-state", options.places.resume_state,
                 "noonmark-resume's");
  app.add_option("--resume-runtime", options.places.resume_runtime,
                 "noonmark-resume's");
  app.add_option("--cgroups", options.proofs.cgroups, "root of the cgroups");
  app.add_option("--tcp", options.proofs.tcp, "in /proc/net/tcp's place");
  app.add_option("--tcp6", options.proofs.tcp6, "in /proc/net/tcp6's place");
  app.add_option("--hooks", options.hooks, "in /etc/noonmark/hooks.d's place");
  app.add_option("--probe-account", options.probe_account,
                 "in /etc/noonmark/probe.toml's place");
  app.add_option("--boot-id", boot, "in the kernel's place");
  app.add_option("--die-at", die_at,
                 "kill itself at this crossing: each act has one before it is "
                 "begun and one when its result is there, from 1 on");
  app.add_flag("--show-crossings", show_crossings, "write them to stderr");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-corrector-test: " << error.what() << "\n";
    return 2;
  }
  options.boot = ParseBootId(boot).value_or(ThisBoot());
  int crossings = 0;
  options.crossing = [&](const GuestAct& act) {
    ++crossings;
    if (show_crossings) {
      LogInfo("crossing " + std::to_string(crossings) + " of act " +
              std::to_string(act.index()));
    }
    if (crossings == die_at) raise(SIGKILL);
  };
  SystemClock machine;
  OffsetFileClock clock(&machine, offset_file);
  const absl::Status status = RunCorrector(options, &clock, &clock);
  if (!status.ok()) LogLines(LogLevel::kError, std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
