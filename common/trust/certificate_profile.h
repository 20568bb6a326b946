#ifndef NOONMARK_COMMON_TRUST_CERTIFICATE_PROFILE_H_
#define NOONMARK_COMMON_TRUST_CERTIFICATE_PROFILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/trust/identity.h"
#include "common/trust/key_hash.h"

namespace noonmark {

// Which end of a connection a certificate is for. None is for both: whoever
// steals a server's key may not call anybody with it.
enum class Use { kServer, kClient };

// "server", "client": also the name of the file.
absl::string_view UseName(Use use);

// What a certificate says, whoever made it: nothing here is believed yet.
struct CertificateFacts {
  std::string serial;  // hexadecimal, lower case
  KeyHash key = {};
  // Key and signature of 112 bits of security at the least: P-256 and RSA 2048
  // are, SHA-1 is not.
  bool strong = false;
  bool is_authority = false;
  // subjectAltName's URIs byte for byte, zeros too, and how many names of other
  // kinds there are.
  std::vector<std::string> uris;
  size_t other_names = 0;
  // An extension that is there twice, or cannot be read.
  bool damaged = false;
  // keyUsage's digitalSignature; absent: there is no keyUsage.
  std::optional<bool> signs;
  bool server_auth = false;
  bool client_auth = false;
  // Of extendedKeyUsage, beside the two.
  size_t other_uses = 0;
  // GeneralizedTime: "19700101000000Z".
  std::string not_before;
  std::string not_after;
};

// The time of which a certificate holds: always, and so no clock that is wrong
// locks anybody out (RFC 5280, 4.1.2.5: "no well-defined expiration date").
inline constexpr char kNotBefore[] = "19700101000000Z";
inline constexpr char kNotAfter[] = "99991231235959Z";

// Who the holder of a certificate is, if it is one of noonmark's:
//
//   * no authority's; its key and signature strong; nothing in it twice or
//   unreadable
//   * subjectAltName has one URI, an Identity; names of other kinds mean
//   nothing
//   * keyUsage, if there is one, has digitalSignature
//   * extendedKeyUsage is either serverAuth or clientAuth alone: serverAuth for
//     guests, clientAuth for operators, either for hosts
//
// TLS checks who signed it and when it holds; the caller, the deny-list.
//
// Errors: kPermissionDenied; the message says what is wrong with it, can be
// printed and is short.
absl::StatusOr<Identity> IdentityOf(const CertificateFacts& facts, Use use);

// What its maker should know of a certificate that works: that it ends, or
// begins, which shuts out a machine whose clock is wrong. Empty: nothing.
std::string ValidityWarning(const CertificateFacts& facts);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TRUST_CERTIFICATE_PROFILE_H_
