#include "host/pki/authority.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/x509/certificate.h"
#include "common/x509/openssl.h"

namespace noonmark {
namespace {

// A fleet's own name, which no holder's is.
constexpr absl::string_view kFleetUri = "spiffe://";

absl::Status OpensslFailed(absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("cannot ", what, ": ", OpensslError()));
}

// An extension as openssl.cnf writes it; the values are ours.
struct Extension {
  int nid;
  std::string value;
};

struct Contents {
  std::string organization;
  std::string name;
  std::vector<Extension> extensions;
};

bool SetNumber(X509* certificate) {
  // 127 bits of chance: positive, and of one length.
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, FreedBy<BN_free>> number(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) !=
             nullptr;
}

bool AddName(X509_NAME* name, const char* field, const std::string& text) {
  return X509_NAME_add_entry_by_txt(
             name, field, MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(text.c_str()),
             /*len=*/-1, /*loc=*/-1, /*set=*/0) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer,
                   const std::vector<Extension>& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, /*req=*/nullptr,
                 /*crl=*/nullptr, /*flags=*/0);
  for (const Extension& extension : extensions) {
    const std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, &context, extension.nid,
                            extension.value.c_str()));
    if (made == nullptr || X509_add_ext(certificate, made.get(), -1) != 1) {
      return false;
    }
  }
  return true;
}

// `issuer` null: its own.
absl::StatusOr<Certificate> MakeCertificate(const Contents& contents,
                                            EVP_PKEY* key, X509* issuer,
                                            EVP_PKEY* issuer_key) {
  constexpr long kVersion3 = 2;
  Certificate certificate(X509_new());
  if (certificate == nullptr ||
      X509_set_version(certificate.get(), kVersion3) != 1 ||
      !SetNumber(certificate.get()) ||
      ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()),
                                kNotBefore) != 1 ||
      ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()),
                                kNotAfter) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return OpensslFailed("make a certificate");
  }
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509* const signer = issuer != nullptr ? issuer : certificate.get();
  if (!AddName(name, "O", contents.organization) ||
      !AddName(name, "CN", contents.name) ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) !=
          1 ||
      !AddExtensions(certificate.get(), signer, contents.extensions) ||
      X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) {
    return OpensslFailed("sign a certificate");
  }
  return certificate;
}

absl::StatusOr<KeyPair> Written(EVP_PKEY* key, X509* certificate) {
  const Bio key_bio(BIO_new(BIO_s_secmem()));
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  if (key_bio == nullptr || certificate_bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0,
                                    nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_bio.get(), certificate) != 1) {
    return OpensslFailed("write a key");
  }
  return KeyPair{noonmark::Written(key_bio),
                 noonmark::Written(certificate_bio)};
}

// Of an authority's certificate; empty: it is none.
std::string FleetOf(const CertificateFacts& facts) {
  if (!facts.is_authority || facts.damaged || facts.uris.size() != 1) return "";
  absl::string_view uri = facts.uris[0];
  if (!absl::ConsumePrefix(&uri, kFleetUri) || !CheckFleetName(uri).ok()) {
    return "";
  }
  return std::string(uri);
}

}  // namespace

struct Authority::Parts {
  Key key;
  Certificate certificate;
  std::string fleet;
  std::string pem;
};

Authority::Authority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

const std::string& Authority::fleet() const { return parts_->fleet; }
const std::string& Authority::certificate() const { return parts_->pem; }

absl::StatusOr<KeyPair> Authority::Make(absl::string_view fleet) {
  if (absl::Status status = CheckFleetName(fleet); !status.ok()) return status;
  const Key key(EVP_EC_gen("P-256"));
  std::array<unsigned char, 4> mark;
  if (key == nullptr || RAND_bytes(mark.data(), mark.size()) != 1) {
    return OpensslFailed("make a key");
  }
  const std::string name = absl::StrCat(
      "noonmark authority ",
      absl::BytesToHexString(absl::string_view(
          reinterpret_cast<const char*>(mark.data()), mark.size())));
  absl::StatusOr<Certificate> certificate = MakeCertificate(
      {std::string(fleet),
       name,
       {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_subject_alt_name, absl::StrCat("URI:", kFleetUri, fleet)}}},
      key.get(), nullptr, key.get());
  if (!certificate.ok()) return certificate.status();
  return Written(key.get(), certificate->get());
}

absl::StatusOr<Authority> Authority::Load(const std::string& text) {
  auto parts = std::make_unique<Parts>();
  const Bio key_bio = ReadingBio(text);
  parts->key.reset(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  const Bio certificate_bio = ReadingBio(text);
  parts->certificate.reset(
      PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  if (parts->key == nullptr || parts->certificate == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "does not hold a key and its certificate: ", OpensslError()));
  }
  if (X509_check_private_key(parts->certificate.get(), parts->key.get()) != 1) {
    OpensslError();
    return absl::InvalidArgumentError(
        "holds a certificate of another key than the key in it");
  }
  const auto facts = ReadCertificates(text);
  if (!facts.ok()) return facts.status();
  parts->fleet = FleetOf(facts->front());
  if (parts->fleet.empty()) {
    return absl::InvalidArgumentError(
        "holds no authority that noonmark pki init has made");
  }
  const Bio pem(BIO_new(BIO_s_mem()));
  if (pem == nullptr ||
      PEM_write_bio_X509(pem.get(), parts->certificate.get()) != 1) {
    return OpensslFailed("write a certificate");
  }
  parts->pem = noonmark::Written(pem);
  return Authority(std::move(parts));
}

absl::StatusOr<KeyPair> Authority::Issue(const Identity& identity,
                                         Use use) const {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpensslFailed("make a key");
  absl::StatusOr<Certificate> certificate = MakeCertificate(
      {identity.fleet,
       identity.id,
       {{NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, use == Use::kServer ? "serverAuth" : "clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name,
         absl::StrCat("URI:", FormatIdentity(identity))}}},
      key.get(), parts_->certificate.get(), parts_->key.get());
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<KeyPair> pair = Written(key.get(), certificate->get());
  if (!pair.ok()) return pair;
  // By the very check that the others make.
  const auto facts = ReadCertificates(pair->certificate_pem);
  if (!facts.ok()) return facts.status();
  const absl::StatusOr<Identity> read = IdentityOf(facts->front(), use);
  if (!read.ok()) return absl::InvalidArgumentError(read.status().message());
  if (*read != identity || identity.fleet != fleet()) {
    return absl::InvalidArgumentError(absl::StrCat(
        FormatIdentity(identity), " is not of the fleet ", fleet()));
  }
  return pair;
}

absl::StatusOr<bool> Authority::Signed(const std::string& pem) const {
  const Bio bio = ReadingBio(pem);
  const Certificate certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("a certificate that cannot be read: ", OpensslError()));
  }
  const bool is_so = X509_verify(certificate.get(), parts_->key.get()) == 1;
  if (!is_so) OpensslError();
  return is_so;
}

}  // namespace noonmark
