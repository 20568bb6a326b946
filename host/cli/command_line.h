#ifndef NOONMARK_HOST_CLI_COMMAND_LINE_H_
#define NOONMARK_HOST_CLI_COMMAND_LINE_H_

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "host/cli/pki_request.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// The exit codes of every command. kSilent wins over kFaults. An interrupted
// program ends by the signal, which a shell shows as 130.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kFaults = 3,  // a verdict of --fail-on is there
  kSilent = 4,  // a dom0 of the fleet did not answer
};

// What was asked for, checked as far as the words themselves tell.
struct Request {
  enum class Command {
    kReport,
    kGuests,
    kExplain,
    kPlan,
    kCorrect,
    kQuiesce,
    kResume,
    kHold,
    kRelease,
    kVersion,
    kReplay,
    kConfigCheck,
    kPki
  };
  enum class Output { kTable, kJson, kCsv };
  enum class When { kAuto, kAlways, kNever };

  Command command = Command::kReport;

  // Where to ask. At most one of these is set; neither: the default.
  std::optional<std::string> connect;
  std::optional<std::string> fleet;
  // Names of the fleet's dom0s to ask; empty: all.
  std::vector<std::string> hosts;
  absl::Duration timeout = absl::Seconds(2);
  When colour = When::kAuto;

  Output output = Output::kTable;
  std::set<v1::Verdict> fail_on;
  // How often to draw the report anew; absent: once.
  std::optional<absl::Duration> watch;

  // plan: a guest (name, UUID or number). explain: also a code; `is_code`: a
  // code only.
  std::string subject;
  bool is_code = false;

  // correct, quiesce, resume, hold, release: guests, as `subject`; without any,
  // `all` (of hold and release): the hosts themselves.
  std::vector<std::string> guests;
  bool all = false;
  // correct: only show the plans.
  bool dry_run = false;
  // quiesce: how long services may rest; absent: as configured.
  std::optional<absl::Duration> lease;
  // hold: for whoever reads it later.
  std::string why;

  // It changes something: the operator's socket is asked.
  bool IsOrder() const {
    return command == Command::kCorrect || command == Command::kQuiesce ||
           command == Command::kResume || command == Command::kHold ||
           command == Command::kRelease;
  }

  // pki.
  PkiRequest pki;

  // config check: absent: the default fleet file. replay: the trace.
  std::optional<std::string> file;
};

// Nothing to run: help or the version on stdout, or a fault of usage on stderr.
struct Answer {
  ExitCode exit_code = kDone;
  std::string text;
};

std::variant<Request, Answer> ParseCommandLine(int argc,
                                               const char* const* argv);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_COMMAND_LINE_H_
