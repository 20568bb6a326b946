#ifndef NOONMARK_TESTS_SUPPORT_CERTIFICATE_MAKER_H_
#define NOONMARK_TESTS_SUPPORT_CERTIFICATE_MAKER_H_

#include <string>
#include <vector>

namespace noonmark::testing {

// A certificate as somebody hostile, or careless, makes it.
struct CertificateWish {
  // subjectAltName's URIs, any bytes; none: no such extension.
  std::vector<std::string> uris = {};
  std::string dns = {};
  // As openssl.cnf writes them; empty: no such extension.
  std::string constraints = "critical,CA:FALSE";
  std::string usage = "critical,digitalSignature";
  std::string extended_usage = "serverAuth";
  std::string not_before = "19700101000000Z";
  std::string not_after = "99991231235959Z";
  std::string curve = "P-256";
  // extendedKeyUsage a second time; empty: once.
  std::string again = {};
  // Key and certificate of who signs, PEM; empty: itself.
  std::string signer = {};
};

// Key and certificate, PEM, in one text.
std::string MakeCertificate(const CertificateWish& wish);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_CERTIFICATE_MAKER_H_
