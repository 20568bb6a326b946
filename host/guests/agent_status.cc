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

// gRPC's words, and the kernel's, for a connection that ended under the call.
bool IsBroken(absl::string_view text) {
  return text == "Socket closed" || text == "Stream removed" ||
         text == "Broken pipe" || text == "Connection reset by peer";
}

absl::Status Broken(const Address& address, bool over_tls) {
  return Unavailable(
      address, "",
      over_tls ? ": the connection broke; if it does again and again, the "
                 "agent refuses this host, and its log says why"
               : ": the connection broke");
}

}  // namespace

absl::Status AgentStatus(const grpc::Status& status, const Address& address,
                         bool over_tls) {
  if (status.ok()) {
    return Unavailable(address, "", ": the agent ended the stream");
  }
  // Our own words, of TlsCredentials, behind gRPC's.
  constexpr absl::string_view kRefused =
      "Custom verification check failed with error: UNAUTHENTICATED: ";
  const std::string whole = status.error_message();
  if (const size_t at = whole.find(kRefused.data());
      over_tls && status.error_code() == grpc::StatusCode::UNAVAILABLE &&
      at != std::string::npos) {
    return Unavailable(
        address, "",
        absl::StrCat(": ", absl::CHexEscape(whole.substr(at + kRefused.size(),
                                                         kMostCharacters))));
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
    // The handshake of TLS is a part of connecting.
    if (over_tls && IsBroken(reason)) return Broken(address, over_tls);
    return Unavailable(address, "cannot connect to ",
                       absl::StrCat(": ", reason));
  }

  if (IsBroken(text)) return Broken(address, over_tls);
  // gRPC's words for what no answer of the protocol comes near to.
  if (absl::StartsWith(text, "Received message larger than max")) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), ": ", text));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(address.ToString(), ": ", text));
}

}  // namespace noonmark
