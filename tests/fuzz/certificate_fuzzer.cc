// Certificates and deny-lists of any bytes: facts that can be judged, or an
// error that can be printed.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/trust/deny_list.h"
#include "common/trust/identity.h"
#include "common/x509/certificate.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ::noonmark::IdentityOf;
  using ::noonmark::Use;
  using ::noonmark::fuzz::HasControlCharacter;
  using ::noonmark::fuzz::Require;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto printable = [](const absl::Status& status) {
    const std::string why(status.message());
    Require(why.size() <= 1024, "errors are short");
    Require(!HasControlCharacter(why), "errors can be printed");
  };

  const auto certificates = noonmark::ReadCertificates(text);
  printable(certificates.status());
  if (certificates.ok()) {
    Require(!certificates->empty() && certificates->size() <= 16, "few");
    for (const noonmark::CertificateFacts& facts : *certificates) {
      for (const Use use : {Use::kServer, Use::kClient}) {
        const auto identity = IdentityOf(facts, use);
        printable(identity.status());
        if (!identity.ok()) continue;
        Require(facts.uris.size() == 1, "one name");
        Require(FormatIdentity(*identity) == facts.uris[0],
                "an identity is what the certificate says, to the byte");
      }
    }
  }

  const auto identity = noonmark::ParseIdentity(text);
  printable(identity.status());
  Require(!identity.ok() || FormatIdentity(*identity) == text,
          "an identity is written in one way");

  const auto denied = noonmark::DenyList::Parse(text);
  printable(denied.status());
  return 0;
}
