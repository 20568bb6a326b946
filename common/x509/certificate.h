#ifndef NOONMARK_COMMON_X509_CERTIFICATE_H_
#define NOONMARK_COMMON_X509_CERTIFICATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/trust/certificate_profile.h"

namespace noonmark {

// What the certificates in a PEM text say, in its order; text between them and
// blocks of other kinds (a key) are passed over. They may be anybody's: at most
// 16, and 64 KiB in all.
//
// Errors: kInvalidArgument  none is there, one cannot be read, or too much.
absl::StatusOr<std::vector<CertificateFacts>> ReadCertificates(
    absl::string_view pem);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_X509_CERTIFICATE_H_
