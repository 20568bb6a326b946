#ifndef NOONMARK_HOST_CLI_SPEAKER_H_
#define NOONMARK_HOST_CLI_SPEAKER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "host/cli/command_line.h"
#include "host/cli/run.h"
#include "host/cli/text_table.h"

namespace noonmark::cli {

// Says what a command has to say: data on one stream, words about what went
// wrong on the other.
class Speaker {
 public:
  Speaker(const Console& console, Request::When colour)
      : console_(console), colour_(colour) {}

  const Console& console() const { return console_; }
  // How texts are to look now.
  Style StyleNow() const;
  // kDone, or kFailed where there is no text or no room for it, which is told.
  ExitCode Print(const absl::StatusOr<std::string>& text) const;
  // A line on the other stream for each of the message's; returns `code`.
  ExitCode Fail(ExitCode code, absl::string_view message) const;

 private:
  const Console& console_;
  const Request::When colour_;
};

// "a", "a and b", "a, b and c"
std::string Listed(const std::vector<std::string>& names);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_SPEAKER_H_
