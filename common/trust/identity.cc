#include "common/trust/identity.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kLongestName = 63;

constexpr std::pair<Role, absl::string_view> kRoles[] = {
    {Role::kHost, "host"},
    {Role::kGuest, "guest"},
    {Role::kOperator, "operator"},
};

// Strangers write it: short, and on one line.
std::string Shown(absl::string_view text) {
  constexpr size_t kMostShown = 120;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kMostShown)),
                      text.size() > kMostShown ? "...\"" : "\"");
}

bool IsLower(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

bool IsFleetName(absl::string_view name) {
  return !name.empty() && name.size() <= kLongestName && IsLower(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return IsLower(c) || c == '.' || c == '-' || c == '_';
         });
}

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         absl::ascii_isalnum(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
         });
}

bool IsLowerUuid(absl::string_view text) {
  constexpr absl::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[i];
    const bool fits = kShape[i] == '-'
                          ? c == '-'
                          : absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
    if (!fits) return false;
  }
  return true;
}

absl::Status CheckId(Role role, absl::string_view id) {
  switch (role) {
    case Role::kGuest:
      if (IsLowerUuid(id)) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat(Shown(id),
                       " is no UUID of a guest: it is 36 characters, as virsh "
                       "domuuid prints them"));
    case Role::kHost:
    case Role::kOperator:
      if (IsName(id)) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat(Shown(id), " is no name of ",
                       role == Role::kHost ? "a host" : "an operator",
                       ": 1 to 63 letters, figures, dots, hyphens and "
                       "underscores, the first "
                       "a letter or a figure"));
  }
  return absl::InvalidArgumentError("no such role");
}

}  // namespace

absl::string_view RoleName(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "?";
}

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Shown(name), " is none of host, guest, operator"));
}

absl::Status CheckFleetName(absl::string_view fleet) {
  if (IsFleetName(fleet)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      Shown(fleet),
      " is no name of a fleet: 1 to 63 lower-case letters, figures, dots, "
      "hyphens and underscores, the first a letter or a figure"));
}

absl::StatusOr<Identity> MakeIdentity(absl::string_view fleet, Role role,
                                      absl::string_view id) {
  if (absl::Status status = CheckFleetName(fleet); !status.ok()) return status;
  std::string written(id);
  if (role == Role::kGuest) absl::AsciiStrToLower(&written);
  if (absl::Status status = CheckId(role, written); !status.ok()) return status;
  return Identity{std::string(fleet), role, std::move(written)};
}

absl::StatusOr<Identity> ParseIdentity(absl::string_view uri) {
  const auto bad = [uri](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("the identity ", Shown(uri), ": ", why));
  };
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, kScheme)) {
    return bad("is not spiffe://FLEET/ROLE/ID");
  }
  const size_t first = rest.find('/');
  const size_t second =
      first == absl::string_view::npos ? first : rest.find('/', first + 1);
  if (second == absl::string_view::npos) {
    return bad("is not spiffe://FLEET/ROLE/ID");
  }
  const absl::string_view fleet = rest.substr(0, first);
  if (!IsFleetName(fleet)) return bad("has no name of a fleet");
  const absl::StatusOr<Role> role =
      ParseRole(rest.substr(first + 1, second - first - 1));
  if (!role.ok()) return bad("its role is none of host, guest, operator");
  const absl::string_view id = rest.substr(second + 1);
  if (!CheckId(*role, id).ok()) {
    return bad(*role == Role::kGuest ? "a guest's ID is a UUID in lower case"
                                     : "its ID is no name");
  }
  return Identity{std::string(fleet), *role, std::string(id)};
}

std::string FormatIdentity(const Identity& identity) {
  return absl::StrCat(kScheme, identity.fleet, "/", RoleName(identity.role),
                      "/", identity.id);
}

std::string ShortName(const Identity& identity) {
  return absl::StrCat(RoleName(identity.role), " ", identity.id);
}

}  // namespace noonmark
