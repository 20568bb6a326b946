#include "common/trust/certificate_profile.h"

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

absl::Status Refused(absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat("the certificate ", why));
}

// Guests call nobody, operators serve nobody.
bool MayBe(Role role, Use use) {
  switch (role) {
    case Role::kHost:
      return true;
    case Role::kGuest:
      return use == Use::kServer;
    case Role::kOperator:
      return use == Use::kClient;
  }
  return false;
}

}  // namespace

absl::string_view UseName(Use use) {
  switch (use) {
    case Use::kServer:
      return "server";
    case Use::kClient:
      return "client";
  }
  return "?";
}

absl::StatusOr<Identity> IdentityOf(const CertificateFacts& facts, Use use) {
  if (facts.damaged) {
    return Refused("has an extension twice, or one that cannot be read");
  }
  if (facts.is_authority) return Refused("is an authority's, not a holder's");
  if (!facts.strong) return Refused("has a weak key or signature");
  if (facts.uris.size() != 1) {
    return Refused(absl::StrCat("names ", facts.uris.size(),
                                " URIs in subjectAltName, and not just one"));
  }
  absl::StatusOr<Identity> identity = ParseIdentity(facts.uris[0]);
  if (!identity.ok()) {
    return Refused(absl::StrCat("does not say who its holder is: ",
                                identity.status().message()));
  }
  const std::string who = absl::StrCat("of ", ShortName(*identity));
  if (facts.signs == false) {
    return Refused(
        absl::StrCat(who, " has a keyUsage without digitalSignature"));
  }
  if (facts.server_auth == facts.client_auth || facts.other_uses > 0) {
    return Refused(absl::StrCat(who,
                                " must have an extendedKeyUsage of serverAuth "
                                "or of clientAuth, and of nothing else"));
  }
  const Use is_for = facts.server_auth ? Use::kServer : Use::kClient;
  if (is_for != use) {
    return Refused(absl::StrCat(who, " is for a ", UseName(is_for),
                                ", not for a ", UseName(use)));
  }
  if (!MayBe(identity->role, use)) {
    return Refused(absl::StrCat(who, ": no ", RoleName(identity->role),
                                " is ever a ", UseName(use)));
  }
  return identity;
}

std::string ValidityWarning(const CertificateFacts& facts) {
  if (facts.not_before == kNotBefore && facts.not_after == kNotAfter) return "";
  return absl::StrCat("it holds from ", facts.not_before, " to ",
                      facts.not_after,
                      " only: a machine whose clock is outside cannot be "
                      "reached, and so not be put right; let it hold from ",
                      kNotBefore, " to ", kNotAfter);
}

}  // namespace noonmark
