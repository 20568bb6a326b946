#ifndef NOONMARK_HOST_PKI_AUTHORITY_H_
#define NOONMARK_HOST_PKI_AUTHORITY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/trust/certificate_profile.h"
#include "common/trust/identity.h"

namespace noonmark {

// A key and its certificate. As one text they are one file, and so are replaced
// at once.
struct KeyPair {
  std::string key_pem;
  std::string certificate_pem;

  std::string Text() const { return key_pem + certificate_pem; }
};

// Who signs the certificates of one fleet: a P-256 key whose certificate is its
// own, holds always, and is for signing holders' certificates alone. Its name
// ends in 32 bits of chance, so that an old and a new one are told apart.
class Authority {
 public:
  // Errors of all: kInvalidArgument  what is wrong with the input;
  //                kInternal         OpenSSL's cause.

  static absl::StatusOr<KeyPair> Make(absl::string_view fleet);
  // Of KeyPair::Text(): the key must be that of the certificate.
  static absl::StatusOr<Authority> Load(const std::string& text);
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  const std::string& fleet() const;
  // PEM.
  const std::string& certificate() const;

  // A new key and a certificate for it, as common/trust/certificate_profile.h
  // demands, of a number that nobody can guess.
  absl::StatusOr<KeyPair> Issue(const Identity& identity, Use use) const;
  // Whether it signed the first certificate in `pem`.
  absl::StatusOr<bool> Signed(const std::string& pem) const;

 private:
  struct Parts;
  explicit Authority(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PKI_AUTHORITY_H_
