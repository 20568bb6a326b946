// noonmark-resume: brings back what rests when nobody else does.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"
#include "common/runtime/system_clock.h"
#include "guest/describe/small_file.h"
#include "guest/mail/profile.h"
#include "guest/resume/bring_back.h"
#include "guest/units/survey.h"

namespace noonmark {
namespace {

constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";

// What no profile has is not started. If they cannot be read, what may never be
// listed is not: mail must come back. They are read when something is about to
// be started, and not at every look.
class StartableUnits {
 public:
  explicit StartableUnits(const std::vector<std::string>* folders)
      : folders_(folders) {}

  bool Has(const std::string& unit) {
    if (!profiles_.has_value()) {
      profiles_ = LoadServiceProfiles(*folders_);
      if (!profiles_->ok()) {
        LogLines(LogLevel::kError, std::string(profiles_->status().message()));
      }
    }
    return MayBeListed(unit) &&
           (!profiles_->ok() || ProfileOf(**profiles_, unit) != nullptr);
  }

 private:
  const std::vector<std::string>* const folders_;
  std::optional<absl::StatusOr<std::vector<ServiceProfile>>> profiles_;
};

int Main(int argc, char** argv) {
  BringBack::Options options;
  std::vector<std::string> profiles = {kShippedProfiles, kOperatorProfiles};
  CLI::App app(
      "Looks once whether services rest that noonmark-corrector stopped, and "
      "starts them if their lease has ended. systemd runs it.",
      "noonmark-resume");
  app.set_version_flag("--version", "noonmark-resume " NOONMARK_VERSION);
  app.add_flag("--corrector-ended", options.corrector_ended,
               "noonmark-corrector has ended: no lease is waited for");
  CorrectorPlaces& places = options.places;
  app.add_option("--state", places.state, "the corrector's folder on the disk")
      ->type_name("FOLDER");
  app.add_option("--runtime", places.runtime, "the corrector's folder in /run")
      ->type_name("FOLDER");
  app.add_option("--own-state", places.resume_state, "own folder on the disk")
      ->type_name("FOLDER");
  app.add_option("--own-runtime", places.resume_runtime, "own folder in /run")
      ->type_name("FOLDER");
  app.add_option("--profiles", profiles, "folders of profiles")
      ->type_name("FOLDER");
  app.footer("Example:\n  noonmark-resume --corrector-ended");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-resume: " << error.what()
              << " (noonmark-resume --help tells the usage)\n";
    return 2;
  }

  // The corrector reads the marks; its unit, which runs this at its end, has
  // another mask.
  umask(0022);
  // Without it no lease can be told to last.
  options.boot =
      ParseBootId(ReadSmallFile(kBootId).value_or("")).value_or(BootId());
  StartableUnits startable(&profiles);
  options.may_start = [&startable](const std::string& unit) {
    return startable.Has(unit);
  };
  SystemClock clock;
  EventLoop loop;
  SystemdUnits units(&loop, SystemdUnits::Way::kOwnSocket);
  const absl::Status status =
      BringBack(std::move(options), &loop, &units, &clock).Run();
  if (!status.ok()) LogError(std::string(status.message()));
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
