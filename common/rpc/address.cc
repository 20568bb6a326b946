#include "common/rpc/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

absl::Status Bad(absl::string_view text, absl::string_view why) {
  // Reports cut messages: the cause must not be what is lost.
  constexpr size_t kMostShown = 80;
  const bool cut = text.size() > kMostShown;
  return absl::InvalidArgumentError(absl::StrCat(
      "address \"", absl::Utf8SafeCHexEscape(text.substr(0, kMostShown)),
      cut ? "...\": " : "\": ", why));
}

std::optional<in_addr> Ipv4(const std::string& host) {
  in_addr number;
  if (inet_pton(AF_INET, host.c_str(), &number) != 1) return std::nullopt;
  return number;
}

// Without a zone ("%eth0"): a link-local address is no address of an agent.
std::optional<in6_addr> Ipv6(const std::string& host) {
  in6_addr number;
  if (inet_pton(AF_INET6, host.c_str(), &number) != 1) return std::nullopt;
  return number;
}

// RFC 1123, and the underscore that is met in the field. A name that ends in
// digits is a number gone wrong: resolvers read 127.1 as 127.0.0.1.
bool IsName(absl::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  absl::string_view last;
  for (absl::string_view label : absl::StrSplit(host, '.')) {
    if (label.empty() || label.size() > 63) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    for (char c : label) {
      if (!absl::ascii_isalnum(c) && c != '-' && c != '_') return false;
    }
    last = label;
  }
  return !std::all_of(last.begin(), last.end(), absl::ascii_isdigit);
}

absl::StatusOr<Address> ParseUnix(absl::string_view text,
                                  absl::string_view path) {
  if (path.empty() || path.front() != '/') {
    return Bad(text, "the path of a unix socket must begin with /");
  }
  if (path.size() > kLongestSocketPath) {
    return Bad(text,
               absl::StrCat("the path of a unix socket has at most ",
                            kLongestSocketPath, " bytes, not ", path.size()));
  }
  if (std::any_of(path.begin(), path.end(), absl::ascii_iscntrl)) {
    return Bad(text, "a control character in the path");
  }
  return Address{.path = std::string(path), .host = "", .port = 0};
}

// A channel's target is a URI, a path isn't.
std::string PercentEncoded(absl::string_view path) {
  std::string encoded;
  for (char c : path) {
    if (absl::ascii_isalnum(c) || absl::StrContains("/-._~", c)) {
      encoded.push_back(c);
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

absl::StatusOr<Address> Address::Parse(const std::string& text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "unix:")) return ParseUnix(text, rest);

  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos) {
    return Bad(text, "must be unix:PATH, HOST:PORT or [V6]:PORT");
  }
  Address address;
  absl::string_view host = rest.substr(0, colon);
  const absl::string_view port = rest.substr(colon + 1);
  uint32_t number;
  if (port.empty() || port.size() > 5 ||
      !std::all_of(port.begin(), port.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return Bad(text, "the port must be a number from 0 to 65535");
  }
  address.port = static_cast<uint16_t>(number);

  if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]")) {
    address.host = std::string(host);
    if (!Ipv6(address.host)) return Bad(text, "no IPv6 address in [ ]");
    return address;
  }
  address.host = std::string(host);
  if (host.find(':') != absl::string_view::npos) {
    return Bad(text, "an IPv6 address must stand in [ ]");
  }
  if (!Ipv4(address.host) && !IsName(host)) {
    return Bad(text, "the host is no IPv4 address and no host name");
  }
  return address;
}

bool Address::IsLoopback() const {
  if (IsUnix()) return false;
  constexpr uint8_t kLoopbackNet = 127;
  if (const auto v4 = Ipv4(host)) {
    return ntohl(v4->s_addr) >> 24 == kLoopbackNet;
  }
  const auto v6 = Ipv6(host);
  if (!v6) return false;
  if (IN6_IS_ADDR_V4MAPPED(&*v6)) return v6->s6_addr[12] == kLoopbackNet;
  return std::equal(std::begin(v6->s6_addr), std::end(v6->s6_addr),
                    std::begin(in6addr_loopback.s6_addr));
}

std::string Address::ToString() const {
  if (IsUnix()) return absl::StrCat("unix:", path);
  if (Ipv6(host)) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

std::string Address::ChannelTarget() const {
  if (IsUnix()) return absl::StrCat("unix:", PercentEncoded(path));
  if (Ipv6(host)) {
    return absl::StrCat("ipv6:", absl::StrFormat("%%5B%s%%5D", host), ":",
                        port);
  }
  if (Ipv4(host)) return absl::StrCat("ipv4:", ToString());
  return absl::StrCat("dns:///", ToString());
}

}  // namespace noonmark
