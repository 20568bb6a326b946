#ifndef NOONMARK_COMMON_RPC_CALLER_H_
#define NOONMARK_COMMON_RPC_CALLER_H_

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/time/monotonic_time.h"
#include "common/trust/access.h"

namespace noonmark {

// As whom the holder of a certificate calls; any thread.
using CallerByIdentity = std::function<Caller(const Identity&)>;
// By its role alone.
Caller CallerByRole(const Identity& identity);

// As whom a call came: over TLS, as its certificate says; else `local`, which
// is what the listener knows of whoever can reach it.
Caller CallerOf(const grpc::AuthContext& context, Caller local,
                const CallerByIdentity& by_identity);

// Whether the peer of an open connection may still be there: OK, or why not.
// Any thread; never waits.
using PeerRecheck = std::function<absl::Status(const grpc::AuthContext&)>;

// The same for whoever holds a stream: asked at each message, looked at once a
// second, so that a burst costs one look. One thread.
class StreamPeer {
 public:
  // `recheck` as for AskTable(); null: every peer may.
  explicit StreamPeer(PeerRecheck recheck);

  // The stream was opened, which was a look of its own.
  void OnOpened(MonotonicTime now) { looked_ = now; }
  // OK, or why the stream has to end.
  absl::Status MayStay(const grpc::AuthContext& context, MonotonicTime now);

 private:
  const PeerRecheck recheck_;
  MonotonicTime looked_;
};

// The first look at the table, for a listener's credentials: before any handler
// runs. `recheck` is asked before it: UNAUTHENTICATED; null: nobody is. Not for
// InsecureServerCredentials, which would end the process.
std::shared_ptr<grpc::AuthMetadataProcessor> AskTable(
    Caller local, CallerByIdentity by_identity, PeerRecheck recheck = nullptr);

// The second look at the table, which every handler takes first thing: the
// first was taken before it ran, unless the listener is in plain text. `method`
// as in MayCall(). PERMISSION_DENIED, or OK.
grpc::Status MayHandle(Caller caller, absl::string_view method);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_CALLER_H_
