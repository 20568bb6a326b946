// noonmark-login-probe: ends when a login gets through.

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/runtime/config_value.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "guest/mail/imap_login.h"

namespace noonmark {
namespace {

int Main(int argc, char** argv) {
  std::string path = kProbeAccountPath;
  std::string limit = "2s";
  CLI::App app(
      "Asks whether a login to this machine's IMAP server gets through, once. "
      "Ends with 0 if it does, with 1 and the reason if it does not.",
      "noonmark-login-probe");
  app.set_version_flag("--version", "noonmark-login-probe " NOONMARK_VERSION);
  app.add_option(
         "--account", path,
         "file with the account; /etc/noonmark/probe.toml where not given")
      ->type_name("FILE");
  app.add_option("--limit", limit,
                 "how long it may take: \"500ms\"; 2s where not given")
      ->type_name("DURATION");
  app.footer("Example:\n  noonmark-login-probe --limit 500ms");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-login-probe: " << error.what()
              << " (noonmark-login-probe --help tells the usage)\n";
    return 2;
  }
  const std::optional<absl::Duration> longest = ParseConfigDuration(limit);
  if (!longest.has_value() || *longest <= absl::ZeroDuration()) {
    LogError(absl::StrCat("--limit: must be a duration such as \"2s\", not \"",
                          ForMessage(limit), "\""));
    return 2;
  }
  const absl::StatusOr<ProbeAccount> account = LoadProbeAccount(path);
  absl::Status status = account.status();
  if (status.ok()) {
    SystemClock clock;
    status = LogIn(*account, clock, *longest);
  }
  if (!status.ok()) LogLines(LogLevel::kError, std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
