#include "guest/service/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

absl::Status Refused(const Address& address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", address.ToString(), ": ", why));
}

// All of it zero: every address of the machine.
template <typename Number>
bool IsZero(const Number& number) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&number);
  return std::all_of(bytes, bytes + sizeof number,
                     [](unsigned char byte) { return byte == 0; });
}

}  // namespace

absl::StatusOr<Address> ReadListenAddress(const std::string& text) {
  absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok() || address->IsUnix()) return address;
  in_addr v4 = {};
  in6_addr v6 = {};
  const bool is_v4 = inet_pton(AF_INET, address->host.c_str(), &v4) == 1;
  const bool is_v6 = inet_pton(AF_INET6, address->host.c_str(), &v6) == 1;
  if (!is_v4 && !is_v6) {
    return Refused(*address,
                   "what a name means is up to a resolver; give the IP of the "
                   "network that the dom0 is on");
  }
  if ((is_v4 && IsZero(v4)) ||
      (is_v6 && (IsZero(v6) || (IN6_IS_ADDR_V4MAPPED(&v6) &&
                                v6.s6_addr32[3] == INADDR_ANY)))) {
    return Refused(*address,
                   "that is every network of this machine; give the IP of the "
                   "one that the dom0 is on");
  }
  return address;
}

absl::StatusOr<Address> ReadLocalAddress(const std::string& text) {
  absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok() || address->IsUnix() || address->IsLoopback()) {
    return address;
  }
  return Refused(*address,
                 "it has no identity, so nothing but this machine may reach "
                 "it; listen on unix:PATH, 127.0.0.1:PORT or [::1]:PORT");
}

}  // namespace noonmark
