// noonmark-scan: lists what mail keeps that is dated in the future.

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/runtime/system_clock.h"
#include "guest/mail/future_scan.h"

namespace noonmark {
namespace {

int Main(int argc, char** argv) {
  FutureScanOptions options;
  CLI::App app(
      "Lists what mail servers keep that is dated in the future, as it is "
      "after "
      "a clock went back, and what that means to them. Changes nothing.",
      "noonmark-scan");
  app.set_version_flag("--version", "noonmark-scan " NOONMARK_VERSION);
  app.add_option("--mail", options.mail, "folders of mailboxes")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--postfix", options.postfix, "Postfix's queue directories")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--exim", options.exim, "Exim's spools")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--most", options.most_found, "files to list, the furthest")
      ->type_name("NUMBER")
      ->capture_default_str();
  app.footer("Example:\n  noonmark-scan --mail /srv/mail");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-scan: " << error.what()
              << " (noonmark-scan --help tells the usage)\n";
    return 2;
  }
  const absl::Time now = absl::UnixEpoch() + SystemClock().Read().realtime;
  std::cout << FutureScanText(ScanFuture(options, now)) << std::flush;
  return std::cout.good() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
