#ifndef NOONMARK_GUEST_DEMO_DEMO_COMMAND_LINE_H_
#define NOONMARK_GUEST_DEMO_DEMO_COMMAND_LINE_H_

#include <string>
#include <variant>
#include <vector>

#include "common/rpc/address.h"
#include "guest/demo/fault_script.h"
#include "guest/demo/scripted_services.h"

namespace noonmark {

struct DemoCommand {
  Address listen;
  std::string uuid;  // empty: what the machine says
  std::vector<Fault> script;
  // Not empty: its clock may be corrected, with these brought to rest.
  std::vector<ScriptedService> services;
};

// What to play, or the code to exit with: --help and --version were answered
// (0), or the usage is wrong and was told on stderr (2).
std::variant<DemoCommand, int> ParseDemoCommandLine(int argc, char** argv);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DEMO_DEMO_COMMAND_LINE_H_
