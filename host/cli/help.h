#ifndef NOONMARK_HOST_CLI_HELP_H_
#define NOONMARK_HOST_CLI_HELP_H_

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace noonmark::cli {

// Fits a screen: a line for each option, and a command's help has the common
// options too.
class Help : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string text =
        absl::StrCat(app->get_description(), ".\nUsage: ", name, Usage(app));
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

  // Those that follow each other and do the same share a line.
  static void AppendCommands(const CLI::App* app, std::string& text) {
    const auto commands = app->get_subcommands({});
    if (commands.empty()) return;
    text += "Commands:\n";
    std::string names;
    for (size_t i = 0; i < commands.size(); ++i) {
      absl::StrAppend(&names, names.empty() ? "" : ", ",
                      commands[i]->get_name());
      const std::string what = Listed(commands[i]);
      if (i + 1 < commands.size() && Listed(commands[i + 1]) == what) {
        continue;
      }
      text += Line(names, what);
      names.clear();
    }
  }

  // What a list says of a command: its group, where it is in one of ours.
  static std::string Listed(const CLI::App* command) {
    return command->get_group() == "Subcommands" ? command->get_description()
                                                 : command->get_group();
  }

  static void AppendOptions(absl::string_view title, const CLI::App* app,
                            bool without_version, std::string& text) {
    std::string lines;
    for (const CLI::Option* option : app->get_options()) {
      if (option == app->get_help_ptr()) continue;
      if (without_version && option == app->get_version_ptr()) continue;
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

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_HELP_H_
