#ifndef NOONMARK_GUEST_MAIL_PROFILE_H_
#define NOONMARK_GUEST_MAIL_PROFILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/correct/service_profile.h"

namespace noonmark {

// Where profiles are; those of the later folder win by their names.
inline constexpr char kShippedProfiles[] = "/usr/share/noonmark/profiles";
inline constexpr char kOperatorProfiles[] = "/etc/noonmark/profiles";

// A profile is a file NAME.toml:
//
//   [service]
//   # What it is: "mail-transfer", "mail-store", "time-daemon" or "other".
//   role = "mail-store"
//   # Its units, 1 to 8: exact names, "NAME@*.service" for all instances of a
//   # template. Never ssh*, dbus*, systemd-* (but systemd-timesyncd.service),
//   # noonmark-*.
//   units = ["dovecot.service"]
//   # Socket units that stay up while it rests, if they run: clients wait.
//   sockets = ["dovecot.socket"]
//   # How long it may take to stop; 1s to 5m, 30s.
//   stop_limit = "90s"
//   # TCP ports at which nobody but a socket unit may listen while it rests.
//   ports = [143, 993]
//
//   [ready]
//   # When it serves: "active" (its units are), "sockets" (and all of `paths`
//   # accept a connection), "login" (and an IMAP login gets through by the
//   # account of agent.toml's [probe], where there is one).
//   by = "login"
//   paths = ["/run/dovecot/auth-client"]
//   # How long after its start; 1s to 5m, 30s.
//   limit = "60s"
//   # A time daemon: how long it may use its right to step; 1s to 5m, 10s.
//   settle = "10s"
//   # Whether that is over before if it has told the kernel that the clock is
//   # synchronised; true. False for one that tells it too early.
//   kernel_tells = false
//
//   [after]
//   # Phases in which noonmark-action@NAME-PHASE.service is started: after the
//   # clock was moved, before its start; after a step, when it serves again;
//   # after a step that nobody announced.
//   actions = ["before-start", "step", "unannounced"]
//
// Errors: as of ConfigFile. The file's name must be a name: a-z, 0-9 and "-",
// at most 32 characters.
absl::StatusOr<ServiceProfile> LoadServiceProfile(const std::string& path);

// All profiles of the folders, in the order of their names. A folder that is
// not there holds none; files that do not end in ".toml" are none.
//
// Errors: as above, of the first file that has a fault.
absl::StatusOr<std::vector<ServiceProfile>> LoadServiceProfiles(
    const std::vector<std::string>& folders = {kShippedProfiles,
                                               kOperatorProfiles});

// Whether a unit may be stopped and started by us at all.
bool MayBeListed(std::string_view unit);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_MAIL_PROFILE_H_
