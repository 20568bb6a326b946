#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "host/cli/run.h"

namespace {

size_t TerminalWidth() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace

int main(int argc, char** argv) {
  const char* no_color = std::getenv("NO_COLOR");
  const noonmark::cli::Console console = {
      .out = std::cout,
      .err = std::cerr,
      .is_terminal = isatty(STDOUT_FILENO) == 1,
      .no_color = no_color != nullptr && *no_color != '\0',
      .shows_progress = isatty(STDERR_FILENO) == 1,
      .width = TerminalWidth,
  };
  return noonmark::cli::Main(argc, argv, console, noonmark::cli::Places());
}
