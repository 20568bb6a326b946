#ifndef NOONMARK_GUEST_AGENT_COMMAND_LINE_H_
#define NOONMARK_GUEST_AGENT_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <variant>

namespace noonmark {

struct AgentCommand {
  enum class Action { kServe, kCheckConfig };
  Action action = Action::kServe;
  // Absent: the default file, which may be missing.
  std::optional<std::string> config;
  std::optional<std::string> listen;
};

// What to do, or the code to exit with: --help and --version were answered (0),
// or the usage is wrong and was told on stderr (2).
std::variant<AgentCommand, int> ParseAgentCommandLine(int argc, char** argv);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_AGENT_COMMAND_LINE_H_
