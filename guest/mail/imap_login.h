#ifndef NOONMARK_GUEST_MAIL_IMAP_LOGIN_H_
#define NOONMARK_GUEST_MAIL_IMAP_LOGIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/time/clock.h"

namespace noonmark {

// Read by root alone: it has a password.
inline constexpr char kProbeAccountPath[] = "/etc/noonmark/probe.toml";

// An account that exists to be logged in to, and nothing else:
//
//   [imap]
//   # Where the guest's own IMAP server answers in plain text: loopback.
//   address = "127.0.0.1:143"
//   user = "probe"
//   password = "..."
struct ProbeAccount {
  Address address = {.path = "", .host = "127.0.0.1", .port = 143};
  std::string user;
  std::string password;
};

// Errors: as of ConfigFile; an address that is not loopback and text that IMAP
// cannot quote are faults of the file.
absl::StatusOr<ProbeAccount> LoadProbeAccount(const std::string& path);

// Whether a login gets through, now: connects, waits for the greeting, logs in
// and out. A port that answers proves nothing: Dovecot greets while it lets
// nobody in. Blocks for at most `limit`, by `clock`'s MONOTONIC.
//
// Errors; the message says how far it came:
//   kUnavailable        no connection, or it ended before the answer.
//   kDeadlineExceeded   no answer: to the connection, of a greeting, to LOGIN.
//   kPermissionDenied   the server refused the account: a fault of probe.toml.
//   kInternal           what came is no IMAP.
absl::Status LogIn(const ProbeAccount& account, Clock& clock,
                   absl::Duration limit);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_MAIL_IMAP_LOGIN_H_
