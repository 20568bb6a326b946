#include "host/cli/command_line.h"

// The one file that includes it (with help.h): ten seconds to compile.
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "host/cli/defaults.h"
#include "host/cli/help.h"
#include "host/cli/pki_words.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {
namespace {

// Of two commands each.
constexpr char kRestAndBack[] = "Brings a guest's mail to rest, and back";
constexpr char kFilesAndKeys[] = "Checks the fleet file; makes certificates";
constexpr char kHoldAndRelease[] = "No correction, until it is released";

[[noreturn]] void Reject(const std::string& what) {
  throw CLI::ValidationError(what);
}

template <typename T>
T OneOf(absl::string_view option, const std::string& text,
        const std::vector<std::pair<absl::string_view, T>>& choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  Reject(absl::StrCat(option, ": \"", text, "\" is none of ", names));
}

absl::Duration Length(absl::string_view option, const std::string& text,
                      absl::Duration least, absl::Duration most) {
  absl::Duration length;
  if (!absl::ParseDuration(text, &length) || length < least || length > most) {
    Reject(absl::StrCat(option, ": \"", text, "\" is no time from ",
                        absl::FormatDuration(least), " to ",
                        absl::FormatDuration(most), ", as in 500ms, 2s, 1m"));
  }
  return length;
}

v1::Verdict ParseVerdict(const std::string& name) {
  return OneOf<v1::Verdict>("--fail-on", name,
                            {{"wrong", v1::VERDICT_WRONG},
                             {"differs", v1::VERDICT_DIFFERS},
                             {"uncertain", v1::VERDICT_UNCERTAIN},
                             {"unknown", v1::VERDICT_UNKNOWN},
                             {"suspended", v1::VERDICT_SUSPENDED}});
}

// The tree of commands and options, and what was read into it.
class Parser {
 public:
  Parser();

  // Throws a CLI::ParseError.
  Request Parse(int argc, const char* const* argv);
  Answer AnswerTo(const CLI::ParseError& error) const;

 private:
  CLI::App* AddCommand(CLI::App* parent, const char* name,
                       const char* description, const char* footer);
  void AddOrders();
  void CheckOrder(const CLI::App* command, Request& request) const;
  CLI::App* Selected() const;
  void RejectExtras() const;
  Request Checked() const;

  CLI::App app_{
      "Which guests of a Xen host have a wrong clock, why, and what "
      "to do",
      "noonmark"};
  CLI::App* report_ = nullptr;
  CLI::App* guests_ = nullptr;
  CLI::App* explain_ = nullptr;
  CLI::App* plan_ = nullptr;
  CLI::App* correct_ = nullptr;
  CLI::App* quiesce_ = nullptr;
  CLI::App* resume_ = nullptr;
  CLI::App* hold_ = nullptr;
  CLI::App* release_ = nullptr;
  CLI::App* version_ = nullptr;
  CLI::App* replay_ = nullptr;
  CLI::App* config_ = nullptr;
  CLI::App* check_ = nullptr;
  PkiWords pki_;
  CLI::Option* watch_given_ = nullptr;

  std::optional<std::string> connect_;
  std::optional<std::string> fleet_;
  std::vector<std::string> hosts_;
  std::string timeout_ = "2s";
  std::string colour_ = "auto";
  std::string output_ = "table";
  std::vector<std::string> fail_on_;
  std::string watch_;
  std::string guest_;
  std::string code_;
  std::string trace_;
  std::optional<std::string> file_;
  std::vector<std::string> guests_named_;
  bool all_ = false;
  bool dry_run_ = false;
  std::optional<size_t> expect_;
  std::string lease_;
  std::string why_;
};

Parser::Parser() {
  app_.formatter(std::make_shared<Help>());
  app_.set_help_flag("-h,--help", "help, also of each command");
  app_.set_version_flag("--version", absl::StrCat("noonmark ", kVersion),
                        "the version of this program");
  // Before the commands, which copy them.
  app_.fallthrough();
  app_.allow_extras();
  app_.footer(
      "Examples:\n"
      "  noonmark report --fail-on=wrong,unknown\n"
      "  noonmark explain mail-1\n"
      "Exit: 0 done, 1 failed, 2 usage, 3 --fail-on, 4 no answer of a dom0\n");

  app_.add_option("-c,--connect", connect_,
                  "unix:PATH or HOST:PORT [unix:/run/noonmark/read.sock]")
      ->option_text(" ADDRESS");
  app_.add_option("--fleet", fleet_,
                  "its dom0s [/etc/noonmark/fleet.toml, if there]")
      ->option_text(" FILE");
  app_.add_option("--host", hosts_, "only this dom0 of the fleet; repeatable")
      ->allow_extra_args(false)
      ->option_text(" NAME");
  app_.add_option("--timeout", timeout_, "how long to wait for a dom0 [2s]")
      ->option_text(" TIME");
  app_.add_option("--color", colour_, "auto, always or never [auto]")
      ->option_text(" WHEN");

  report_ = AddCommand(&app_, "report", "Every guest's clock with its verdict",
                       "Examples:\n"
                       "  noonmark report --fail-on=wrong,unknown\n"
                       "  noonmark report -o csv --host dom0-a > clocks.csv\n"
                       "Exit: 3 a verdict of --fail-on is there, 4 a dom0 did "
                       "not answer (wins)\n");
  guests_ = AddCommand(&app_, "guests",
                       "The guests, where they are asked, what they run",
                       "Examples:\n"
                       "  noonmark guests\n"
                       "  noonmark guests -o csv --fleet fleet.toml\n");
  for (CLI::App* command : {report_, guests_}) {
    command->add_option("-o,--output", output_, "table, json or csv [table]")
        ->option_text(" FORMAT");
  }
  report_
      ->add_option("--fail-on", fail_on_,
                   "exit 3 on wrong,differs,uncertain,unknown,suspended")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text(" VERDICT,...");
  watch_given_ =
      report_->add_option("--watch", watch_, "draw it anew at intervals [2s]")
          ->expected(0, 1)
          ->option_text("[=TIME]");

  explain_ = AddCommand(&app_, "explain",
                        "What is wrong with a guest, the proof, what to do",
                        "Examples:\n"
                        "  noonmark explain mail-1 --host dom0-a\n"
                        "  noonmark explain --code counter-jump\n");
  explain_->add_option("GUEST", guest_,
                       "its name, UUID or libvirt number; or a code");
  explain_->add_option("--code", code_, "what a finding of this code means")
      ->option_text(" CODE");

  plan_ = AddCommand(&app_, "plan", "What would be done about a guest's clock",
                     "Examples:\n"
                     "  noonmark plan mail-1\n"
                     "  noonmark plan mail-1 -o json\n"
                     "Nothing is done by it.\n");
  plan_->add_option("GUEST", guest_, "its name, UUID or libvirt number");
  plan_->add_option("-o,--output", output_, "table or json [table]")
      ->option_text(" FORMAT");

  AddOrders();

  version_ =
      AddCommand(&app_, "version", "Versions of noonmark and of each noonmarkd",
                 "Examples:\n"
                 "  noonmark version\n"
                 "  noonmark version --fleet fleet.toml\n");
  replay_ =
      AddCommand(&app_, "replay", "What the core makes of a recorded trace",
                 "Examples:\n"
                 "  noonmark replay /var/lib/noonmark/trace\n"
                 "The same trace gives the same text, to the byte.\n");
  replay_->add_option("TRACE", trace_, "the file that noonmarkd recorded");
  config_ = AddCommand(&app_, "config", "Checks the fleet file (config check)",
                       "Examples:\n"
                       "  noonmark config check\n"
                       "  noonmark config check fleet.toml.new\n");
  check_ = AddCommand(config_, "check", "Reads the fleet file and does no more",
                      "Examples:\n"
                      "  noonmark config check\n"
                      "  noonmark config check fleet.toml.new\n");
  check_->add_option("FILE", file_, "the file [/etc/noonmark/fleet.toml]");
  pki_.AddTo(app_);
  for (const char* name : {"config", "pki"}) {
    app_.get_subcommand(name)->group(kFilesAndKeys);
  }
}

void Parser::AddOrders() {
  correct_ =
      AddCommand(&app_, "correct", "Puts a guest's clock right, as planned",
                 "Examples:\n"
                 "  noonmark correct mail-1 --dry-run\n"
                 "  noonmark correct mail-1 mail-2 --expect 2\n"
                 "Exit: 0 all are right, 1 refused or not right\n");
  correct_->add_flag("--dry-run", dry_run_, "only show the plan");
  correct_
      ->add_option("--expect", expect_,
                   "how many guests are named; needed for more than one")
      ->option_text(" N");
  quiesce_ = AddCommand(&app_, "quiesce", kRestAndBack,
                        "Examples:\n"
                        "  noonmark quiesce mail-1\n"
                        "  noonmark quiesce mail-1 --lease 5m\n"
                        "It comes back by noonmark resume, or when the lease "
                        "is over.\n");
  quiesce_
      ->add_option("--lease", lease_,
                   "rest for at most so long [as configured]")
      ->option_text(" TIME");
  resume_ = AddCommand(&app_, "resume", kRestAndBack,
                       "Examples:\n"
                       "  noonmark resume mail-1\n"
                       "  noonmark resume mail-1 --host dom0-a\n"
                       "A correction that is under way is given up.\n");
  hold_ = AddCommand(&app_, "hold", kHoldAndRelease,
                     "Examples:\n"
                     "  noonmark hold mail-1 --why 'being looked at'\n"
                     "  noonmark hold --all --why 'racks move'\n");
  hold_->add_option("--why", why_, "for whoever reads it later")
      ->option_text(" TEXT");
  release_ = AddCommand(&app_, "release", kHoldAndRelease,
                        "Examples:\n"
                        "  noonmark release mail-1\n"
                        "  noonmark release --all --host dom0-a\n"
                        "--all also closes the breaker.\n");
  for (CLI::App* command : {correct_, quiesce_, resume_, hold_, release_}) {
    command->add_option("GUEST", guests_named_,
                        "their names, UUIDs or libvirt numbers");
  }
  for (CLI::App* command : {hold_, release_}) {
    command->add_flag("--all", all_, "the hosts themselves, not one guest");
  }
}

void Parser::CheckOrder(const CLI::App* command, Request& request) const {
  const std::string name = command->get_name();
  request.guests = guests_named_;
  request.all = all_;
  request.dry_run = dry_run_;
  request.why = why_;
  for (const std::string& guest : guests_named_) {
    if (guest.empty())
      Reject(absl::StrCat(name, ": an empty name is no guest"));
  }
  if (all_ == !guests_named_.empty()) {
    Reject(command == hold_ || command == release_
               ? absl::StrCat(name, ": name a guest, or --all for the hosts")
               : absl::StrCat(name, ": name the guest"));
  }
  if (command != correct_ && guests_named_.size() > 1) {
    Reject(absl::StrCat(name, ": one guest at a time"));
  }
  if (command == correct_ && !dry_run_ &&
      expect_.value_or(1) != guests_named_.size()) {
    Reject(expect_.has_value()
               ? absl::StrCat("correct: --expect ", *expect_, ", and ",
                              guests_named_.size(), " are named")
               : absl::StrCat("correct: ", guests_named_.size(),
                              " guests are named: say that you mean it with "
                              "--expect ",
                              guests_named_.size()));
  }
  if (command == hold_ && why_.empty()) {
    Reject("hold: say why, for whoever reads it later: --why TEXT");
  }
  if (!lease_.empty()) {
    request.lease =
        Length("--lease", lease_, absl::Seconds(1), absl::Minutes(10));
  }
}

CLI::App* Parser::AddCommand(CLI::App* parent, const char* name,
                             const char* description, const char* footer) {
  CLI::App* command = parent->add_subcommand(name, description);
  command->footer(footer);
  return command;
}

// The innermost command that was given.
CLI::App* Parser::Selected() const {
  if (app_.get_subcommands().empty()) return nullptr;
  CLI::App* command = app_.get_subcommands().front();
  return command->get_subcommands().empty()
             ? command
             : command->get_subcommands().front();
}

void Parser::RejectExtras() const {
  const CLI::App* command = Selected();
  for (const std::string& extra : app_.remaining(true)) {
    if (extra.size() > 1 && extra[0] == '-') {
      Reject(absl::StrCat("there is no option ", extra));
    }
    if (command == nullptr || !command->get_subcommands({}).empty()) {
      Reject(absl::StrCat("there is no command \"",
                          command != nullptr ? command->get_name() + " " : "",
                          extra, "\""));
    }
    Reject(absl::StrCat(command->get_name(), ": \"", extra, "\" is too much"));
  }
}

Request Parser::Checked() const {
  RejectExtras();
  const CLI::App* command = Selected();
  if (app_.get_subcommands().size() > 1) {
    Reject(absl::StrCat("two commands, ", app_.get_subcommands()[0]->get_name(),
                        " and ", app_.get_subcommands()[1]->get_name()));
  }
  if (command == nullptr) {
    Reject(
        "a command is missing: report, guests, explain, plan, correct, "
        "quiesce, resume, hold, release, version, replay, config or pki");
  }
  if (command == config_) Reject("config: \"check\" is missing");
  if (command == pki_.command()) {
    Reject("pki: init, issue, list, revoke or rotate is missing");
  }

  using Command = Request::Command;
  Request request;
  request.command = command == guests_    ? Command::kGuests
                    : command == explain_ ? Command::kExplain
                    : command == plan_    ? Command::kPlan
                    : command == correct_ ? Command::kCorrect
                    : command == quiesce_ ? Command::kQuiesce
                    : command == resume_  ? Command::kResume
                    : command == hold_    ? Command::kHold
                    : command == release_ ? Command::kRelease
                    : command == version_ ? Command::kVersion
                    : command == replay_  ? Command::kReplay
                    : command == check_   ? Command::kConfigCheck
                    : pki_.Has(command)   ? Command::kPki
                                          : Command::kReport;
  request.connect = connect_;
  request.fleet = fleet_;
  request.hosts = hosts_;
  if (connect_ && fleet_) {
    Reject("--connect asks one dom0 and --fleet many: give one of them");
  }
  if (connect_ && !hosts_.empty()) {
    Reject("--host picks a dom0 of the fleet, and --connect names one already");
  }
  request.timeout =
      Length("--timeout", timeout_, absl::Milliseconds(10), absl::Hours(1));
  using When = Request::When;
  request.colour = OneOf<When>("--color", colour_,
                               {{"auto", When::kAuto},
                                {"always", When::kAlways},
                                {"never", When::kNever}});
  using Output = Request::Output;
  request.output = OneOf<Output>("-o", output_,
                                 {{"table", Output::kTable},
                                  {"json", Output::kJson},
                                  {"csv", Output::kCsv}});
  for (const std::string& name : fail_on_) {
    request.fail_on.insert(ParseVerdict(name));
  }
  if (watch_given_->count() > 0) {
    request.watch = Length("--watch", watch_.empty() ? "2s" : watch_,
                           absl::Milliseconds(100), absl::Hours(1));
    if (!fail_on_.empty()) {
      Reject("--fail-on is for the end of the command, and --watch has none");
    }
  }
  if (command == check_ && (connect_ || fleet_ || !hosts_.empty())) {
    Reject("config check asks no dom0: give it the file alone");
  }
  if (command == explain_ && guest_.empty() == code_.empty()) {
    Reject("explain: name one guest, or one finding with --code");
  }
  if (request.IsOrder()) CheckOrder(command, request);
  if (command == plan_ && guest_.empty()) {
    Reject("plan: name the guest");
  }
  if (command == plan_ && request.output == Output::kCsv) {
    Reject("plan: -o is table or json");
  }
  if (command == replay_ && trace_.empty()) {
    Reject("replay: name the trace");
  }
  if (command == replay_ && (connect_ || fleet_ || !hosts_.empty())) {
    Reject("replay asks no dom0: give it the trace alone");
  }
  if (pki_.Has(command)) {
    if (connect_ || fleet_ || !hosts_.empty()) {
      Reject("pki asks no dom0: its folder is --dir");
    }
    request.pki = pki_.Checked(command);
  }
  request.is_code = !code_.empty();
  request.subject = guest_ + code_;
  request.file = file_;
  if (command == replay_) request.file = trace_;
  return request;
}

Request Parser::Parse(int argc, const char* const* argv) {
  app_.parse(argc, argv);
  return Checked();
}

Answer Parser::AnswerTo(const CLI::ParseError& error) const {
  std::ostringstream out;
  std::ostringstream ignored;
  if (app_.exit(error, out, ignored) == 0) return {kDone, out.str()};
  std::string name = "noonmark";
  if (const CLI::App* command = Selected()) {
    if (command->get_parent() != &app_) {
      absl::StrAppend(&name, " ", command->get_parent()->get_name());
    }
    absl::StrAppend(&name, " ", command->get_name());
  }
  return {kUsage, absl::StrCat("noonmark: ", SafeText(error.what()), " (see ",
                               name, " --help)\n")};
}

}  // namespace

std::variant<Request, Answer> ParseCommandLine(int argc,
                                               const char* const* argv) {
  Parser parser;
  try {
    return parser.Parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.AnswerTo(error);
  }
}

}  // namespace noonmark::cli
