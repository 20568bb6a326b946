#ifndef NOONMARK_HOST_PKI_PKI_FOLDER_H_
#define NOONMARK_HOST_PKI_PKI_FOLDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/trust/certificate_profile.h"
#include "common/trust/deny_list.h"
#include "common/trust/identity.h"
#include "host/pki/authority.h"

namespace noonmark {

// The folder of a fleet's certificate authority. All of it is made here;
// folders have mode 0700, files with a key 0600, the others 0644.
//
//   authority.pem        key and certificate of the authority
//   ca.crt               whom to trust: the authority, and beside it the one
//                        before until its rotation is finished
//   deny.list            keys that are trusted no more
//   (common/trust/deny_list.h) issued/SERIAL.crt    each certificate ever
//   issued, and when ROLE/ID/             what its holder needs, all of it:
//   ca.crt, deny.list,
//                        server.pem, client.pem (key and certificate each)
//
// One process at a time works on it. Each file is whole or not there at any
// moment, and on the disk before the next is begun, in an order that leaves
// nothing half done that cannot be done again.
//
// Errors of all, with the path, the cause and what to do:
//   kInvalidArgument     a name that is none.
//   kNotFound            no authority is there; no such holder or certificate.
//   kAlreadyExists       it is there already, and stays.
//   kFailedPrecondition  what has to be done before.
//   kUnavailable         the system's cause; another process is at work on it.
class PkiFolder {
 public:
  // Makes the folder, or takes an empty one.
  static absl::Status Init(const std::string& path, absl::string_view fleet);
  static absl::StatusOr<PkiFolder> Open(const std::string& path);
  PkiFolder(PkiFolder&& other) noexcept;
  PkiFolder& operator=(PkiFolder&&) = delete;
  ~PkiFolder();

  const std::string& path() const { return path_; }
  const std::string& fleet() const { return authority_.fleet(); }

  // What a holder was given.
  struct Given {
    Identity identity;
    std::string folder;
    std::vector<Use> uses;  // a file each: UseName() and ".pem"
  };
  // For somebody who has none. Guests get a server's, operators a client's,
  // hosts both.
  absl::StatusOr<Given> Issue(Role role, absl::string_view id, absl::Time now);
  // New keys for somebody who has some; those before stay good until they are
  // revoked.
  absl::StatusOr<Given> Rotate(Role role, absl::string_view id, absl::Time now);

  struct Issued {
    enum class State {
      kCurrent,
      kReplaced,  // good, and not the one in its holder's folder
      kRevoked,
    };
    Identity identity;
    Use use = Use::kServer;
    std::string serial;
    std::string when;  // "2026-11-28T19:30:00Z"
    State state = State::kCurrent;
    // Signed by the authority that a rotation replaces.
    bool by_old_authority = false;
    KeyHash key = {};
  };
  // By role, ID, use, and time.
  absl::StatusOr<std::vector<Issued>> List() const;

  // Which certificates to revoke.
  struct Selection {
    // Of whom; else by serial, of which the first 8 figures are enough.
    std::optional<Role> role = std::nullopt;
    std::string id = {};
    std::string serial = {};
    // Of these only the replaced.
    bool replaced_only = false;
  };
  // What was revoked now: those that were before are not in it.
  absl::StatusOr<std::vector<Issued>> Revoke(const Selection& selection,
                                             absl::string_view why,
                                             absl::Time now);

  // A new authority signs from now on; the one before stays trusted.
  absl::Status RotateAuthority();
  // Trusts the one before no more. kFailedPrecondition: certificates that it
  // signed are in use, and which.
  absl::Status FinishRotation();

 private:
  PkiFolder(std::string path, int lock, Authority authority);

  absl::StatusOr<Given> Give(const Identity& identity, absl::Time now);
  absl::StatusOr<std::string> FileOf(absl::string_view name) const;
  absl::StatusOr<DenyList> Denied() const;
  absl::StatusOr<Issued> ReadIssued(const std::string& file,
                                    const DenyList& denied) const;
  // Writes ca.crt and deny.list to every holder's folder.
  absl::Status HandOut() const;
  absl::Status HandOutTo(const std::string& folder) const;
  std::string FolderOf(const Identity& identity) const;

  std::string path_;
  int lock_ = -1;
  Authority authority_;
};

// The certificates that a role needs.
std::vector<Use> UsesOf(Role role);

}  // namespace noonmark

#endif  // NOONMARK_HOST_PKI_PKI_FOLDER_H_
