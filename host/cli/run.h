#ifndef NOONMARK_HOST_CLI_RUN_H_
#define NOONMARK_HOST_CLI_RUN_H_

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>

#include "host/cli/command_line.h"
#include "host/cli/defaults.h"

namespace noonmark::cli {

// Where data and words go.
struct Console {
  std::ostream& out;
  std::ostream& err;
  // Is `out` a terminal? Then tables fit its width (in columns, asked anew for
  // each) and have colours, unless the environment has NO_COLOR.
  bool is_terminal = false;
  bool no_color = false;
  // Is `err` one? Then it shows how an operation goes on.
  bool shows_progress = false;
  std::function<size_t()> width;
};

// Where to ask when the command line does not tell.
struct Places {
  std::string fleet_file{kFleetFile};
  std::string local_address{kLocalAddress};
  std::string local_operator{kLocalOperator};
};

// The whole program: parses, asks, prints. Data goes to `out`, words about what
// went wrong to `err`.
ExitCode Main(int argc, const char* const* argv, const Console& console,
              const Places& places);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_RUN_H_
