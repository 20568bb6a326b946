#include "common/x509/holder.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/x509/openssl.h"

namespace noonmark {
namespace {

using Store = std::unique_ptr<X509_STORE, FreedBy<X509_STORE_free>>;
using Context = std::unique_ptr<X509_STORE_CTX, FreedBy<X509_STORE_CTX_free>>;
void FreeAll(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}
using Certificates = std::unique_ptr<STACK_OF(X509), FreedBy<FreeAll>>;

absl::Status Bad(absl::string_view what) {
  const std::string cause = OpensslError();
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", cause));
}

// To the end of the text.
Certificates ReadAll(absl::string_view pem) {
  Certificates all(sk_X509_new_null());
  const Bio bio = ReadingBio(pem);
  while (X509* certificate =
             PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    sk_X509_push(all.get(), certificate);
  }
  ERR_clear_error();
  return all;
}

}  // namespace

absl::Status CheckHolder(absl::string_view holder_pem,
                         absl::string_view trusted_pem, Use use) {
  const Bio bio = ReadingBio(holder_pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return Bad("no key can be read in it");
  const Certificates own = ReadAll(holder_pem);
  if (sk_X509_num(own.get()) == 0) {
    return absl::InvalidArgumentError("no certificate can be read in it");
  }
  X509* const certificate = sk_X509_value(own.get(), 0);
  if (X509_check_private_key(certificate, key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        "the certificate in it is of another key than the key in it");
  }

  const Store store(X509_STORE_new());
  const Context context(X509_STORE_CTX_new());
  const Certificates trusted = ReadAll(trusted_pem);
  for (int i = 0; i < sk_X509_num(trusted.get()); ++i) {
    X509_STORE_add_cert(store.get(), sk_X509_value(trusted.get(), i));
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), certificate, own.get()) !=
      1) {
    return Bad("its certificate cannot be checked");
  }
  X509_STORE_CTX_set_purpose(context.get(), use == Use::kServer
                                                ? X509_PURPOSE_SSL_SERVER
                                                : X509_PURPOSE_SSL_CLIENT);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat("no authority in ca.crt stands behind its certificate: ",
                     X509_verify_cert_error_string(error)));
  }
  return absl::OkStatus();
}

}  // namespace noonmark
