// noonmark-agent: answers dom0's questions about this guest's clocks.

#include <iostream>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/grpc_log.h"
#include "common/runtime/log.h"
#include "common/runtime/service_manager.h"
#include "common/runtime/signals.h"
#include "common/runtime/system_clock.h"
#include "guest/agent_command_line.h"
#include "guest/agent_config.h"
#include "guest/hunter/glitch_hunter.h"
#include "guest/service/agent_server.h"
#include "guest/service/listen_address.h"

namespace noonmark {
namespace {

// The default file may be missing, one that was named may not.
absl::StatusOr<AgentConfig> Configure(const AgentCommand& command) {
  absl::StatusOr<AgentConfig> config =
      LoadAgentConfig(command.config.value_or(kAgentConfigPath));
  if (absl::IsNotFound(config.status()) && !command.config.has_value()) {
    config = AgentConfig();
  }
  if (config.ok() && command.listen.has_value()) {
    absl::StatusOr<Address> listen = ReadListenAddress(*command.listen);
    if (!listen.ok()) return listen.status();
    config->listen = *std::move(listen);
  }
  return config;
}

absl::Status Serve(const AgentConfig& config) {
  StopSignals signals;  // before gRPC starts threads
  RouteGrpcLog();
  SystemClock clock;
  SystemWallTriples triples;
  HuntLog hunt;
  auto server = AgentServer::Listen(
      {.listen = config.listen, .hunt = config.hunt ? &hunt : nullptr}, &clock);
  if (!server.ok()) return server.status();
  signals.OnStop([&server] {
    NotifyStopping();
    (*server)->Stop();
  });
  std::optional<GlitchHunter> hunter;
  if (config.hunt) {
    hunter.emplace(&triples, &clock, &hunt,
                   [&server] { (*server)->GlitchWasFound(); });
  }

  const std::string state =
      absl::StrCat("listening on ", (*server)->address().ToString());
  LogInfo(state);
  NotifyReady(state);
  (*server)->Run();
  signals.StopWatching();
  LogInfo("stopped");
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const auto parsed = ParseAgentCommandLine(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const AgentCommand& command = std::get<AgentCommand>(parsed);

  const absl::StatusOr<AgentConfig> config = Configure(command);
  absl::Status status = config.status();
  if (status.ok()) {
    switch (command.action) {
      case AgentCommand::Action::kServe:
        status = Serve(*config);
        break;
      case AgentCommand::Action::kCheckConfig:
        std::cout << "listens on " << config->listen.ToString() << "\n";
        break;
    }
  }
  if (!status.ok()) {
    LogLines(LogLevel::kError, std::string(status.message()));
  }
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
