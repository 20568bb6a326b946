#ifndef NOONMARK_HOST_CLI_DEFAULTS_H_
#define NOONMARK_HOST_CLI_DEFAULTS_H_

#include "absl/strings/string_view.h"

namespace noonmark::cli {

// Asked when it is there and the command line names nothing else.
inline constexpr absl::string_view kFleetFile = "/etc/noonmark/fleet.toml";
// Else the noonmarkd of this machine.
inline constexpr absl::string_view kLocalAddress =
    "unix:/run/noonmark/read.sock";

// Orders, there.
inline constexpr absl::string_view kLocalOperator =
    "unix:/run/noonmark/operator.sock";

inline constexpr absl::string_view kVersion = NOONMARK_VERSION;

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_DEFAULTS_H_
