#include "guest/demo/demo_command_line.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <iostream>

#include "guest/service/listen_address.h"

namespace noonmark {
namespace {

int UsageError(const std::string& what) {
  std::cerr << "noonmark-agent-demo: " << what
            << " (noonmark-agent-demo --help tells the usage)\n";
  return 2;
}

bool IsUuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-'
             : !std::isxdigit(static_cast<unsigned char>(text[i])))
      return false;
  }
  return true;
}

}  // namespace

std::variant<DemoCommand, int> ParseDemoCommandLine(int argc, char** argv) {
  CLI::App app(
      "noonmark-agent with a clock that plays faults. It sets no clock.",
      "noonmark-agent-demo");
  app.set_version_flag("--version", "noonmark-agent-demo " NOONMARK_VERSION);
  std::string listen;
  app.add_option("--listen", listen,
                 "unix:PATH or a loopback address such as 127.0.0.1:0")
      ->type_name("ADDRESS")
      ->required();
  DemoCommand command;
  app.add_option("--uuid", command.uuid, "the machine's identity to tell")
      ->type_name("UUID");
  std::vector<std::string> faults;
  app.add_option("--fault", faults, "one fault; may be given many times")
      ->type_name("FAULT")
      ->allow_extra_args(false);
  std::vector<std::string> services;
  app.add_option("--service", services,
                 "a service that is stopped for a correction; may be given "
                 "many times. Without any the clock cannot be corrected")
      ->type_name("SERVICE")
      ->allow_extra_args(false);
  app.footer(
      "Faults; WHEN is the time since the start:\n"
      "  counter-jump=+4398046511104ns@8s  all clocks leap, for good\n"
      "  glitch=+4398046511104ns@8s        the same in one reading\n"
      "  spike=+4398046511104ns@8s         one reading, seen by its hunter\n"
      "                                    alone\n"
      "  pause=90s@8s                      all clocks fall behind at once\n"
      "  set=-6s@8s                        the wall clock is set\n"
      "  untold-set=-6s@8s                 the same, and no event tells of it\n"
      "  rate=180ppm                       all clocks run fast\n"
      "  offset=+3600s                     the wall clock is off\n"
      "  silent@8s                         the agent answers no more\n"
      "  garbage@8s                        the agent answers nonsense\n"
      "Services; ROLE is mail-transfer, mail-store, time-daemon or other:\n"
      "  dovecot.service=ROLE              it stops and starts in 300 ms\n"
      "  ...,stop=2s,start=1s              it takes so long\n"
      "  ...,would-not-stop                nor would-not-start\n"
      "  ...,steps-after-start=-6s         it sets the clock 0.5 s later\n"
      "Example:\n"
      "  noonmark-agent-demo --listen unix:/tmp/mail-1.sock \\\n"
      "    --fault set=-6s@8s --service dovecot.service=mail-store");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& answered) {
    return app.exit(answered);
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }

  const absl::StatusOr<Address> address = ReadLocalAddress(listen);
  if (!address.ok()) return UsageError(std::string(address.status().message()));
  command.listen = *address;
  if (!command.uuid.empty() && !IsUuid(command.uuid)) {
    return UsageError("--uuid: \"" + command.uuid + "\" is no UUID");
  }
  for (const std::string& text : faults) {
    const absl::StatusOr<Fault> fault = ParseFault(text);
    if (!fault.ok()) return UsageError(std::string(fault.status().message()));
    command.script.push_back(*fault);
  }
  for (const std::string& text : services) {
    const absl::StatusOr<ScriptedService> service = ParseScriptedService(text);
    if (!service.ok()) {
      return UsageError(std::string(service.status().message()));
    }
    command.services.push_back(*service);
  }
  if (command.services.size() > kMostServices) {
    return UsageError("--service: more than " + std::to_string(kMostServices));
  }
  return command;
}

}  // namespace noonmark
