#ifndef NOONMARK_COMMON_X509_HOLDER_H_
#define NOONMARK_COMMON_X509_HOLDER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/trust/certificate_profile.h"

namespace noonmark {

// Whether a holder's own file (its key, its certificate, and those between it
// and the authority) is good: the key is the certificate's, and one of
// `trusted` stands behind it, for `use`, whatever the clock says.
//
// Errors: kInvalidArgument, with what is wrong.
absl::Status CheckHolder(absl::string_view holder_pem,
                         absl::string_view trusted_pem, Use use);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_X509_HOLDER_H_
