#include "common/x509/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/x509/openssl.h"

namespace noonmark {
namespace {

constexpr size_t kMostBytes = 64 << 10;
constexpr size_t kMostCertificates = 16;
constexpr int kLeastSecurityBits = 112;

absl::string_view BytesOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string SerialOf(X509* certificate) {
  return absl::AsciiStrToLower(
      absl::BytesToHexString(BytesOf(X509_get0_serialNumber(certificate))));
}

// As GeneralizedTime; empty: it is no time.
std::string TimeOf(const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_GENERALIZEDTIME,
                        FreedBy<ASN1_GENERALIZEDTIME_free>>
      general(ASN1_TIME_to_generalizedtime(time, nullptr));
  return general == nullptr ? "" : std::string(BytesOf(general.get()));
}

// One extension; null where it is not there. There twice, or not readable: sets
// `damaged`.
template <typename T, auto kFree>
std::unique_ptr<T, FreedBy<kFree>> Extension(X509* certificate, int nid,
                                             bool& damaged) {
  int critical = 0;
  std::unique_ptr<T, FreedBy<kFree>> value(
      static_cast<T*>(X509_get_ext_d2i(certificate, nid, &critical, nullptr)));
  constexpr int kNotThere = -1;
  if (value == nullptr && critical != kNotThere) damaged = true;
  return value;
}

void ReadNames(X509* certificate, CertificateFacts& facts) {
  const auto names = Extension<GENERAL_NAMES, GENERAL_NAMES_free>(
      certificate, NID_subject_alt_name, facts.damaged);
  if (names == nullptr) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      facts.uris.emplace_back(BytesOf(name->d.uniformResourceIdentifier));
    } else {
      ++facts.other_names;
    }
  }
}

void ReadUses(X509* certificate, CertificateFacts& facts) {
  const auto usage = Extension<ASN1_BIT_STRING, ASN1_BIT_STRING_free>(
      certificate, NID_key_usage, facts.damaged);
  constexpr int kDigitalSignature = 0;
  if (usage != nullptr) {
    facts.signs = ASN1_BIT_STRING_get_bit(usage.get(), kDigitalSignature) == 1;
  }
  const auto uses = Extension<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>(
      certificate, NID_ext_key_usage, facts.damaged);
  if (uses == nullptr) return;
  for (int i = 0; i < sk_ASN1_OBJECT_num(uses.get()); ++i) {
    switch (OBJ_obj2nid(sk_ASN1_OBJECT_value(uses.get(), i))) {
      case NID_server_auth:
        facts.server_auth = true;
        break;
      case NID_client_auth:
        facts.client_auth = true;
        break;
      default:
        ++facts.other_uses;
    }
  }
}

bool IsStrong(X509* certificate) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  int signature_bits = 0;
  return key != nullptr &&
         EVP_PKEY_get_security_bits(key) >= kLeastSecurityBits &&
         X509_get_signature_info(certificate, nullptr, nullptr, &signature_bits,
                                 nullptr) == 1 &&
         signature_bits >= kLeastSecurityBits;
}

std::optional<KeyHash> KeyHashOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return std::nullopt;
  KeyHash hash;
  SHA256(der, static_cast<size_t>(size), hash.data());
  OPENSSL_free(der);
  return hash;
}

absl::StatusOr<CertificateFacts> FactsOf(X509* certificate) {
  CertificateFacts facts;
  const std::optional<KeyHash> key = KeyHashOf(certificate);
  if (!key.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a certificate without a key: ", OpensslError()));
  }
  facts.key = *key;
  facts.serial = SerialOf(certificate);
  facts.strong = IsStrong(certificate);
  const auto constraints = Extension<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>(
      certificate, NID_basic_constraints, facts.damaged);
  facts.is_authority = constraints != nullptr && constraints->ca != 0;
  ReadNames(certificate, facts);
  ReadUses(certificate, facts);
  facts.not_before = TimeOf(X509_get0_notBefore(certificate));
  facts.not_after = TimeOf(X509_get0_notAfter(certificate));
  return facts;
}

}  // namespace

absl::StatusOr<std::vector<CertificateFacts>> ReadCertificates(
    absl::string_view pem) {
  if (pem.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMostBytes, " bytes of certificates"));
  }
  const Bio bio = ReadingBio(pem);
  if (bio == nullptr) return absl::InvalidArgumentError(OpensslError());
  std::vector<CertificateFacts> all;
  while (const Certificate certificate{
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (all.size() == kMostCertificates) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", kMostCertificates, " certificates"));
    }
    absl::StatusOr<CertificateFacts> facts = FactsOf(certificate.get());
    if (!facts.ok()) return facts.status();
    all.push_back(*std::move(facts));
  }
  // The end of the text shows itself so, too.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return absl::InvalidArgumentError(
        absl::StrCat("a certificate that cannot be read: ", OpensslError()));
  }
  ERR_clear_error();
  if (all.empty()) {
    return absl::InvalidArgumentError("there is no certificate in it");
  }
  return all;
}

}  // namespace noonmark
