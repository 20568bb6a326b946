#ifndef NOONMARK_COMMON_X509_OPENSSL_H_
#define NOONMARK_COMMON_X509_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace noonmark {

// OpenSSL's objects, freed with their owners.
template <auto kFree>
struct FreedBy {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

// Reads from `text`, which must outlive it. Null: no memory.
Bio ReadingBio(absl::string_view text);
// What was written to a BIO_s_mem().
std::string Written(const Bio& bio);

// The oldest error of this thread's queue, which is empty afterwards.
std::string OpensslError();

}  // namespace noonmark

#endif  // NOONMARK_COMMON_X509_OPENSSL_H_
