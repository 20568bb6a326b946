#ifndef NOONMARK_COMMON_TRUST_IDENTITY_H_
#define NOONMARK_COMMON_TRUST_IDENTITY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace noonmark {

// What somebody is to the others, and so what he may do.
enum class Role {
  kHost,      // a dom0: dials its guests, serves operators
  kGuest,     // is dialled by its dom0, and calls nobody
  kOperator,  // a person or a program that asks and orders
};

// "host", "guest", "operator".
absl::string_view RoleName(Role role);
// Errors: kInvalidArgument, naming the three.
absl::StatusOr<Role> ParseRole(absl::string_view name);

// Who somebody is, as the SPIFFE ID (RFC 3986 URI) in his certificate says:
//
//   spiffe://FLEET/ROLE/ID
//
// There is one way to write an identity, so that two are equal when their texts
// are. FLEET: 1 to 63 of a-z 0-9 . - _ ; a host's ID is its name in the fleet
// file, an operator's that of a person, both 1 to 63 of A-Z a-z 0-9 . - _
// beginning with a letter or a figure; a guest's is its libvirt UUID, in lower
// case.
struct Identity {
  std::string fleet;
  Role role = Role::kGuest;
  std::string id;

  bool operator==(const Identity&) const = default;
};

// Of parts that a person wrote; a UUID's letters may be of either case.
//
// Errors: kInvalidArgument; the message says which part, and what it may be.
absl::StatusOr<Identity> MakeIdentity(absl::string_view fleet, Role role,
                                      absl::string_view id);

// Of what a stranger's certificate says: any bytes. Nothing but the one way to
// write it is taken.
//
// Errors: kInvalidArgument; the message can be printed and is short.
absl::StatusOr<Identity> ParseIdentity(absl::string_view uri);

// As ParseIdentity() reads it.
std::string FormatIdentity(const Identity& identity);

// "guest 4dea22b3-...", for people who know which fleet it is.
std::string ShortName(const Identity& identity);

// Whether a fleet may be called so. Errors: kInvalidArgument, with what may.
absl::Status CheckFleetName(absl::string_view fleet);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TRUST_IDENTITY_H_
