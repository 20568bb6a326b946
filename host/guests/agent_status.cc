#include "host/guests/agent_status.h"

#include <cstddef>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

// What an agent may put into our logs and reports.
constexpr size_t kMostCharacters = 200;

absl::Status Unavailable(const Address& address, absl::string_view before,
                         absl::string_view after) {
  return absl::UnavailableError(
      absl::StrCat(before, address.ToString(), after));
}

}  // namespace

absl::Status AgentStatus(const grpc::Status& status, const Address& address) {
  if (status.ok()) {
    return Unavailable(address, "", ": the agent ended the stream");
  }
  const std::string text =
      absl::CHexEscape(status.error_message().substr(0, kMostCharacters));

  // "failed to connect to all addresses; last error: UNKNOWN: unix:/a: No such
  // file or directory"
  absl::string_view reason = text;
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE &&
      absl::ConsumePrefix(&reason, "failed to connect to all addresses")) {
    const std::string target = absl::StrCat(address.ChannelTarget(), ": ");
    if (const size_t at = reason.find(target); at != absl::string_view::npos) {
      reason.remove_prefix(at + target.size());
    }
    absl::ConsumePrefix(&reason, "; last error: ");
    absl::ConsumePrefix(&reason, "Failed to connect to remote host: ");
    if (reason == "No such file or directory" ||
        reason == "Connection refused") {
      return Unavailable(address, "nobody listens on ",
                         absl::StrCat(": ", reason));
    }
    return Unavailable(address, "cannot connect to ",
                       absl::StrCat(": ", reason));
  }

  // gRPC's words, and the kernel's, for a connection that ended under the call.
  for (absl::string_view broken : {"Socket closed", "Stream removed",
                                   "Broken pipe", "Connection reset by peer"}) {
    if (text == broken) {
      return Unavailable(address, "", ": the connection broke");
    }
  }
  // gRPC's words for what no answer of the protocol comes near to.
  if (absl::StartsWith(text, "Received message larger than max")) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), ": ", text));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(address.ToString(), ": ", text));
}

}  // namespace noonmark
