#include "guest/agent_command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "guest/agent_config.h"

namespace noonmark {

std::variant<AgentCommand, int> ParseAgentCommandLine(int argc, char** argv) {
  AgentCommand command;
  CLI::App app(
      "Answers dom0's questions about this guest's clocks. Sets no clock.",
      "noonmark-agent");
  app.set_version_flag("--version", "noonmark-agent " NOONMARK_VERSION);
  app.add_option("--config", command.config,
                 std::string("configuration file; ") + kAgentConfigPath +
                     " where not given")
      ->type_name("FILE");
  app.add_option(
         "--listen", command.listen,
         "unix:PATH, or IP:PORT over TLS, instead of the configured one")
      ->type_name("ADDRESS");
  app.footer(
      "Examples:\n"
      "  noonmark-agent --listen unix:/tmp/agent.sock\n"
      "  noonmark-agent config check /etc/noonmark/agent.toml");

  CLI::App* config = app.add_subcommand("config", "look at the configuration");
  config->require_subcommand(1);
  CLI::App* check =
      config->add_subcommand("check", "say what is wrong with it, and exit");
  check->add_option("file", command.config)->type_name("FILE");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    std::cerr << "noonmark-agent: " << error.what()
              << " (noonmark-agent --help tells the usage)\n";
    return 2;
  }
  if (check->parsed()) command.action = AgentCommand::Action::kCheckConfig;
  return command;
}

}  // namespace noonmark
