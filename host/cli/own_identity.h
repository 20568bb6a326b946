#ifndef NOONMARK_HOST_CLI_OWN_IDENTITY_H_
#define NOONMARK_HOST_CLI_OWN_IDENTITY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/tls_credentials.h"

namespace noonmark::cli {

// The operator who runs this program, as his files in ~/.config/noonmark/pki
// have it: read when it is first asked for, once.
//
// Errors: as TlsCredentials::Load(); kFailedPrecondition: there is no HOME, or
// the files are no operator's.
const absl::StatusOr<std::shared_ptr<TlsCredentials>>& OwnIdentity();

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_OWN_IDENTITY_H_
