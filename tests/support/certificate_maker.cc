#include "tests/support/certificate_maker.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>

#include "common/x509/openssl.h"

namespace noonmark::testing {
namespace {

void Must(bool done) {
  if (!done) std::abort();
}

void Add(X509* certificate, X509V3_CTX& context, int nid,
         const std::string& value) {
  if (value.empty()) return;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void AddName(GENERAL_NAMES* names, int type, const std::string& bytes) {
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  Must(ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) ==
       1);
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, type, text);
  Must(sk_GENERAL_NAME_push(names, name) > 0);
}

}  // namespace

std::string MakeCertificate(const CertificateWish& wish) {
  const Key key(EVP_EC_gen(wish.curve.c_str()));
  const Certificate made(X509_new());
  Must(key != nullptr && made != nullptr);
  X509* const certificate = made.get();
  Key signing_key;
  Certificate signer;
  if (!wish.signer.empty()) {
    signing_key.reset(PEM_read_bio_PrivateKey(ReadingBio(wish.signer).get(),
                                              nullptr, nullptr, nullptr));
    signer.reset(PEM_read_bio_X509(ReadingBio(wish.signer).get(), nullptr,
                                   nullptr, nullptr));
    Must(signing_key != nullptr && signer != nullptr);
  }
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234);
  Must(ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate),
                                 wish.not_before.c_str()) == 1 &&
       ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate),
                                 wish.not_after.c_str()) == 1);
  X509_set_pubkey(certificate, key.get());
  const char* name = wish.signer.empty() ? "signed by itself" : "signed";
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* const issuer = signer != nullptr ? signer.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Add(certificate, context, NID_basic_constraints, wish.constraints);
  Add(certificate, context, NID_key_usage, wish.usage);
  Add(certificate, context, NID_ext_key_usage, wish.extended_usage);
  Add(certificate, context, NID_ext_key_usage, wish.again);
  Add(certificate, context, NID_subject_key_identifier, "hash");
  if (!wish.uris.empty() || !wish.dns.empty()) {
    GENERAL_NAMES* names = GENERAL_NAMES_new();
    for (const std::string& uri : wish.uris) AddName(names, GEN_URI, uri);
    if (!wish.dns.empty()) AddName(names, GEN_DNS, wish.dns);
    Must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) ==
         1);
    GENERAL_NAMES_free(names);
  }
  Must(X509_sign(certificate,
                 signing_key != nullptr ? signing_key.get() : key.get(),
                 EVP_sha256()) > 0);
  const Bio out(BIO_new(BIO_s_mem()));
  Must(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0,
                                     nullptr, nullptr) == 1 &&
       PEM_write_bio_X509(out.get(), certificate) == 1);
  return Written(out);
}

}  // namespace noonmark::testing
