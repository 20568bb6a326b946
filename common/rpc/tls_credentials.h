#ifndef NOONMARK_COMMON_RPC_TLS_CREDENTIALS_H_
#define NOONMARK_COMMON_RPC_TLS_CREDENTIALS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/trust/certificate_profile.h"
#include "common/trust/identity.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace noonmark {

// Where the files of a machine's own identity are.
inline constexpr char kPkiFolder[] = "/etc/noonmark/pki";

// Who may be at the other end: OK, or why not. Any thread, never waits.
using PeerCheck = std::function<absl::Status(const Identity& peer)>;

// TLS with certificates of both ends, from the files of one holder's folder:
// ca.crt, deny.list, and server.pem or client.pem (host/pki/README.md).
//
// A peer must show a certificate that an authority of ca.crt stands behind, of
// the profile (common/trust/certificate_profile.h), of our own fleet, with a
// key that is not on the deny-list, and the caller's check must agree. All of
// it is asked in the handshake: of whoever fails no byte comes to HTTP/2.
//
// The files are read again while it runs: the deny-list at once, the others
// within `reload`, by a thread of gRPC's whose pause grows by as much as the
// wall clock is set back. What cannot be read changes nothing. A connection
// that is open stays open, but whose key is revoked makes no more calls on it,
// and who holds a stream asks StillTrusted().
class TlsCredentials {
 public:
  // Errors, with the file, the cause and what to do:
  //   kNotFound         there is no server.pem, or client.pem.
  //   kInvalidArgument  a file is damaged, or does not fit the others.
  //   kUnavailable      the system's cause.
  static absl::StatusOr<std::shared_ptr<TlsCredentials>> Load(
      const std::string& folder, Use use, absl::Duration reload);
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  // Who we are to others.
  const Identity& identity() const;

  // What a server listens with; whom it refuses it says in the log. Of a
  // Use::kServer. Beside the handshake, each call is looked up in the table of
  // common/trust/access.h, as whom `callers` says, before any handler runs.
  std::shared_ptr<grpc::ServerCredentials> ForServer(
      PeerCheck check, CallerByIdentity callers = CallerByRole);
  // What a channel dials with; a refusal is a part of the call's error. Of a
  // Use::kClient.
  std::shared_ptr<grpc::ChannelCredentials> ForChannel(PeerCheck check);

  // Whether the key that an open connection was made with is still good, by
  // the deny-list as it is now. Outlives this. Costs a stat() and some 50 us:
  // not for every message.
  PeerRecheck StillTrusted() const;

 private:
  struct Parts;
  explicit TlsCredentials(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_TLS_CREDENTIALS_H_
