// noonmark-agent: answers dom0's questions about this guest's clocks, and hands
// its orders to noonmark-corrector.

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_log.h"
#include "common/rpc/listener_watch.h"
#include "common/runtime/log.h"
#include "common/runtime/service_manager.h"
#include "common/runtime/signals.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/timer_slack.h"
#include "guest/agent_command_line.h"
#include "guest/agent_config.h"
#include "guest/agent_trust.h"
#include "guest/agent_watch.h"
#include "guest/corrector/client.h"
#include "guest/hunter/glitch_hunter.h"
#include "guest/machine_uuid.h"
#include "guest/service/agent_server.h"
#include "guest/service/listen_address.h"

namespace noonmark {
namespace {

// Two threads of gRPC's wake once a second for each group of timers that were
// set together. Here these are of seconds or minutes, and nothing rests on
// them: so groups that are closer than this wake both once. Not more: it is
// also how long such a thread may sleep on a lock that is held for
// microseconds.
constexpr absl::Duration kSlackOfGrpc = absl::Milliseconds(100);

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

// The corrector of this machine, at the other end of its socket.
class SocketCorrector final : public Corrector {
 public:
  explicit SocketCorrector(CorrectorClient* client) : client_(client) {}
  void Ask(const Order& order, Answer answer) override {
    client_->Ask(order, std::move(answer));
  }

 private:
  CorrectorClient* const client_;
};

absl::Status Serve(const AgentConfig& config) {
  StopSignals signals;  // before gRPC starts threads
  RouteGrpcLog();
  SystemClock clock;
  SystemWallTriples triples;
  HuntLog hunt;
  JumpLog logs;
  CorrectorClient client(&clock, config.corrector);
  SocketCorrector corrector(&client);
  std::optional<TimerSlack> slack(kSlackOfGrpc);  // what follows starts it
  const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const absl::StatusOr<AgentTrust> trust = LoadAgentTrust(
      config, MachineUuids("", credentials == nullptr ? "" : credentials));
  if (!trust.ok()) return trust.status();
  auto server = AgentServer::Listen({.listen = config.listen,
                                     .credentials = trust->credentials,
                                     .still_trusted = trust->still_trusted,
                                     .hunt = config.hunt ? &hunt : nullptr,
                                     .logs = config.watch ? &logs : nullptr,
                                     .corrector = &corrector},
                                    &clock);
  if (!server.ok()) return server.status();
  slack.reset();
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
  std::optional<AgentWatch> watch;
  if (config.watch) {
    watch.emplace(&clock, config.hunt ? &hunt : nullptr, &client,
                  config.watched_files, [&logs, &server](const ToldJump& told) {
                    logs.Add(told);
                    (*server)->LineWasRead();
                  });
  }
  absl::Status ended;
  std::optional<ListenerWatch> listener(
      std::in_place, std::vector<Address>{(*server)->address()},
      [&ended, &server](const absl::Status& dead) {
        ended = dead;
        (*server)->Stop();
      });
  (*server)->Run();
  listener.reset();
  signals.StopWatching();
  if (!ended.ok()) return ended;  // and is started again
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
