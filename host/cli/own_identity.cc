#include "host/cli/own_identity.h"

#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace noonmark::cli {
namespace {

absl::StatusOr<std::shared_ptr<TlsCredentials>> Load() {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return absl::FailedPreconditionError(
        "there is no HOME, where an operator's certificate would be: "
        "~/.config/noonmark/pki");
  }
  const std::string folder = absl::StrCat(home, "/.config/noonmark/pki");
  absl::StatusOr<std::shared_ptr<TlsCredentials>> credentials =
      TlsCredentials::Load(folder, Use::kClient, absl::Seconds(60));
  if (credentials.ok() && (*credentials)->identity().role != Role::kOperator) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, "/client.pem: is ", ShortName((*credentials)->identity()),
        "'s, and who asks a dom0 is an operator: noonmark pki issue operator"));
  }
  return credentials;
}

}  // namespace

const absl::StatusOr<std::shared_ptr<TlsCredentials>>& OwnIdentity() {
  static const auto& own =
      *new absl::StatusOr<std::shared_ptr<TlsCredentials>>(Load());
  return own;
}

}  // namespace noonmark::cli
