// noonmark-agent-demo: the agent, with a clock that plays a script of faults.
// For demonstrations and tests; never packaged. Changes no clock.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/grpc_log.h"
#include "common/runtime/log.h"
#include "common/runtime/signals.h"
#include "common/runtime/system_clock.h"
#include "guest/demo/demo_command_line.h"
#include "guest/demo/hanging_clock.h"
#include "guest/demo/scripted_clock.h"
#include "guest/demo/scripted_corrector.h"
#include "guest/demo/spiked_triples.h"
#include "guest/describe/small_file.h"
#include "guest/hunter/glitch_hunter.h"
#include "guest/service/agent_server.h"

namespace noonmark {
namespace {

// Says at each of the times what the kernel would: the wall clock was set.
void PlaySets(const std::stop_token& stop,
              const std::vector<MonotonicTime>& times, AgentServer* server) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  for (const MonotonicTime time : times) {
    // steady_clock is CLOCK_MONOTONIC.
    const std::chrono::steady_clock::time_point when(
        absl::ToChronoNanoseconds(time.Reading()));
    never.wait_until(lock, stop, when, [] { return false; });
    if (stop.stop_requested()) return;
    server->ClockWasSet();
    LogInfo(absl::StrCat("its clock was set at ",
                         absl::ToInt64Nanoseconds(time.Reading()),
                         " ns of CLOCK_MONOTONIC"));
  }
}

// As the agent tells it with each reading.
BootId ThisBoot() {
  const std::optional<std::string> text =
      ReadSmallFile("/proc/sys/kernel/random/boot_id");
  return ParseBootId(text.value_or("")).value_or(BootId());
}

absl::Status Serve(const DemoCommand& command) {
  StopSignals signals;  // before any thread
  RouteGrpcLog();
  SystemClock real;
  ScriptedClock scripted(&real, command.script);
  HangingClock clock(&scripted, &real, scripted.SilentFrom());
  SystemWallTriples triples;
  SpikedTriples spiked(&triples, &real, command.script);
  HuntLog hunt;
  std::optional<ScriptedCorrector> corrector;
  if (!command.services.empty()) {
    corrector.emplace(&scripted, ThisBoot(), command.services);
  }
  auto server = AgentServer::Listen(
      {.listen = command.listen,
       .machine_uuid = command.uuid,
       .hunt = &hunt,
       .corrector = corrector.has_value() ? &*corrector : nullptr},
      &clock);
  if (!server.ok()) return server.status();
  if (corrector.has_value()) {
    corrector->OnClockSet([&server] { (*server)->ClockWasSet(); });
  }
  signals.OnStop([&] {
    clock.End();
    (*server)->Stop();
  });
  const GlitchHunter hunter(&spiked, &real, &hunt,
                            [&server] { (*server)->GlitchWasFound(); });
  const std::jthread sets(PlaySets, scripted.SetTimes(), server->get());

  LogInfo(absl::StrCat("listening on ", (*server)->address().ToString()));
  (*server)->Run();
  signals.StopWatching();
  if (corrector.has_value()) corrector->End();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const auto parsed = ParseDemoCommandLine(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const absl::Status status = Serve(std::get<DemoCommand>(parsed));
  if (status.ok()) return 0;
  LogError(std::string(status.message()));
  return 1;
}

}  // namespace
}  // namespace noonmark

// What throws is out of memory, and ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return noonmark::Main(argc, argv); }
