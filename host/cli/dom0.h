#ifndef NOONMARK_HOST_CLI_DOM0_H_
#define NOONMARK_HOST_CLI_DOM0_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace noonmark::cli {

// A dom0 to ask: its name, and where noonmarkd listens: unix:PATH or HOST:PORT.
struct Dom0 {
  std::string name;
  std::string address;
  // Where it takes orders; empty: the fleet file does not say.
  std::string operate = {};
};

// Where this command asks.
struct Targets {
  std::vector<Dom0> dom0s;
  // False: one dom0 that was named on the command line or is the local one. Its
  // name is its address until it has told its own.
  bool fleet = false;
  // What to do when nobody listens there.
  std::string advice;
};

// "unix:PATH" or "unix:///PATH" -> "unix:PATH"; "HOST:PORT", for TLS, as it is.
//
// Errors:
//   kInvalidArgument  anything else, with the reason, and what is expected
//                     instead.
absl::StatusOr<std::string> ParseAddress(absl::string_view text);

// The file system's path of a parsed address, and the address as gRPC takes it,
// which is as a URI.
absl::string_view SocketPath(absl::string_view address);
std::string GrpcTarget(absl::string_view address);

// Why nobody can be talked to at `address`: found out by a connection that is
// closed at once. OK: somebody listens. `advice`: what to do when nobody does.
//
// Errors:
//   kUnavailable       nobody listens there, or it is no socket.
//   kPermissionDenied  no right to.
absl::Status ProbeSocket(absl::string_view address, absl::string_view advice);

// The fleet file: TOML, a table for each dom0, in the order of the report.
//
//   [[host]]
//   name = "dom0-a"
//   address = "unix:/run/noonmark/dom0-a.sock"   # or "dom0-a.example.net:7321"
//   operate = "unix:/run/noonmark/dom0-a-operator.sock"   # for orders;
//   optional; where it is not given: HOST:PORT takes them, too
//
// Errors:
//   kInvalidArgument  not TOML, an unknown key, a host without name or address,
//                     a name twice, no host at all: "FILE:LINE:COLUMN: what".
//   kNotFound, kPermissionDenied, kUnavailable  it cannot be read.
absl::StatusOr<Targets> LoadFleetFile(const std::string& path);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_DOM0_H_
