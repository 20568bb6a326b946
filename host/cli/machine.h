#ifndef NOONMARK_HOST_CLI_MACHINE_H_
#define NOONMARK_HOST_CLI_MACHINE_H_

#include <string>

#include "absl/status/statusor.h"
#include "noonmark/v1/fleet.pb.h"

// Replies for programs: pure functions of the messages.
namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace noonmark::cli {

// The message as JSON with protobuf's names, every field that has a plain
// value in it, also where that is the default. One line unless `pretty`; ends
// with a newline.
//
// Errors:
//   kInternal  a value is outside protobuf's own limits: a time after 9999.
absl::StatusOr<std::string> MessageJson(
    const google::protobuf::Message& message, bool pretty);

// RFC 4180, lines ended by a newline: a line of names, then one for each guest
// and one, with its `error`, for each host that did not answer. Base units;
// offset and bound have 9 decimals and hold the interval, as in the table.
// Texts are safe for a terminal.
std::string ReportCsv(const v1::FleetReport& report);
std::string GuestsCsv(const v1::FleetReport& report);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_MACHINE_H_
