#include "host/cli/command_line.h"

// The one file that includes it: ten seconds to compile.
#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "host/cli/defaults.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {
namespace {

// Fits a screen: a line for each option, and a command's help has the common
// options too.
class Help : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string text =
        absl::StrCat(app->get_description(), ".\n\nUsage: ", name, Usage(app));
    AppendCommands(app, text);
    AppendOptions("Options", app, app->get_parent() != nullptr, text);
    // Of the commands that ask a dom0, which are those right below.
    const CLI::App* top = app->get_parent();
    if (top != nullptr && top->get_parent() == nullptr &&
        app->get_subcommands({}).empty()) {
      AppendOptions("Options of every command", top, true, text);
    }
    return text + app->get_footer();
  }

 private:
  static std::string Usage(const CLI::App* app) {
    std::string text;
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) {
        absl::StrAppend(&text, " [", option->get_single_name(), "]");
      }
    }
    return absl::StrCat(text, " [OPTION...]",
                        app->get_subcommands({}).empty() ? "" : " COMMAND",
                        "\n");
  }

  static void AppendCommands(const CLI::App* app, std::string& text) {
    if (app->get_subcommands({}).empty()) return;
    text += "Commands:\n";
    for (const CLI::App* command : app->get_subcommands({})) {
      text += Line(command->get_name(), command->get_description());
    }
  }

  static void AppendOptions(absl::string_view title, const CLI::App* app,
                            bool without_help, std::string& text) {
    std::string lines;
    for (const CLI::Option* option : app->get_options()) {
      if (without_help &&
          (option == app->get_help_ptr() || option == app->get_version_ptr())) {
        continue;
      }
      const std::string name = option->get_positional()
                                   ? option->get_single_name()
                                   : option->get_name(false, true);
      lines +=
          Line(name + option->get_option_text(), option->get_description());
    }
    if (!lines.empty()) absl::StrAppend(&text, title, ":\n", lines);
  }

  static std::string Line(std::string name, absl::string_view description) {
    constexpr size_t kColumn = 25;
    name.resize(std::max(kColumn, name.size() + 1), ' ');
    return absl::StrCat("  ", name, description, "\n");
  }
};

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
  CLI::App* version_ = nullptr;
  CLI::App* replay_ = nullptr;
  CLI::App* config_ = nullptr;
  CLI::App* check_ = nullptr;
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
      "Exit: 0 done, 1 failed, 2 usage, 3 a verdict of --fail-on,\n"
      "      4 a dom0 did not answer (wins over 3), 130 interrupted\n");

  app_.add_option("-c,--connect", connect_,
                  "one dom0 [unix:/run/noonmark/read.sock]")
      ->option_text(" unix:PATH");
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
    if (command == nullptr || command == config_) {
      Reject(absl::StrCat("there is no command \"",
                          command == config_ ? "config " : "", extra, "\""));
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
        "a command is missing: report, guests, explain, version, replay or "
        "config");
  }
  if (command == config_) Reject("config: \"check\" is missing");

  using Command = Request::Command;
  Request request;
  request.command = command == guests_    ? Command::kGuests
                    : command == explain_ ? Command::kExplain
                    : command == version_ ? Command::kVersion
                    : command == replay_  ? Command::kReplay
                    : command == check_   ? Command::kConfigCheck
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
  if (command == replay_ && trace_.empty()) {
    Reject("replay: name the trace");
  }
  if (command == replay_ && (connect_ || fleet_ || !hosts_.empty())) {
    Reject("replay asks no dom0: give it the trace alone");
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
    if (command == check_) name += " config";
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
