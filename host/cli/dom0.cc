#include "host/cli/dom0.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/rpc/address.h"
#include "common/runtime/config_file.h"

namespace noonmark::cli {
namespace {

constexpr absl::string_view kScheme = "unix:";
// sun_path holds one character more, the zero at the end.
constexpr size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

bool IsSocket(absl::string_view address) {
  return absl::StartsWith(address, kScheme);
}

// Empty where it is none, which is then a fault.
std::string ReadAddress(ConfigTable& host, const char* key,
                        const std::string& text) {
  absl::StatusOr<std::string> parsed = ParseAddress(text);
  if (!parsed.ok()) {
    host.Fault(key, std::string(parsed.status().message()));
    return "";
  }
  if (IsSocket(*parsed) && !absl::StartsWith(SocketPath(*parsed), "/")) {
    host.Fault(key, "must be an absolute path: unix:/PATH");
  }
  return *std::move(parsed);
}

}  // namespace

absl::StatusOr<std::string> ParseAddress(absl::string_view text) {
  if (!absl::StartsWith(text, kScheme)) {
    const absl::StatusOr<Address> network = Address::Parse(std::string(text));
    if (network.ok() && network->port != 0) return network->ToString();
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is not of the form unix:PATH or HOST:PORT"));
  }
  absl::string_view path = absl::StripPrefix(text, kScheme);
  if (absl::StartsWith(path, "//")) {
    path.remove_prefix(2);
    if (!absl::StartsWith(path, "/")) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\": write unix:PATH or unix:///PATH"));
    }
  }
  if (path.empty()) {
    return absl::InvalidArgumentError("\"unix:\" lacks the socket's path");
  }
  if (path.size() > kLongestPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of a unix socket has at most ", kLongestPath,
                     " bytes, and this one ", path.size(), ": ", path));
  }
  return absl::StrCat(kScheme, path);
}

absl::string_view SocketPath(absl::string_view address) {
  return absl::StripPrefix(address, kScheme);
}

std::string GrpcTarget(absl::string_view address) {
  if (!IsSocket(address)) {
    // Parsed before.
    return Address::Parse(std::string(address))
        .value_or(Address())
        .ChannelTarget();
  }
  std::string target(kScheme);
  for (const char c : SocketPath(address)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        absl::StrContains("/.-_", c)) {
      target += c;
    } else {
      absl::StrAppendFormat(&target, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return target;
}

absl::Status ProbeSocket(absl::string_view address, absl::string_view advice) {
  const std::string path(SocketPath(address));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), std::min(path.size(), kLongestPath));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return absl::UnavailableError(
        absl::StrCat("no socket to be had: ", std::strerror(errno)));
  }
  absl::Cleanup close_fd = [fd] { close(fd); };
  if (connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ||
      errno == EAGAIN) {
    return absl::OkStatus();
  }
  const int error = errno;
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat(
        "no right to use ", address,
        ": become a member of the socket's group (noonmark), or root"));
  }
  struct stat file = {};
  if (error == ECONNREFUSED && stat(path.c_str(), &file) == 0 &&
      !S_ISSOCK(file.st_mode)) {
    return absl::UnavailableError(
        absl::StrCat(path, " is no socket: ", advice));
  }
  if (error == ECONNREFUSED || error == ENOENT || error == ENOTDIR) {
    return absl::UnavailableError(
        absl::StrCat("nobody listens on ", address, ": ", advice));
  }
  return absl::UnavailableError(
      absl::StrCat("cannot connect to ", address, ": ", std::strerror(error)));
}

absl::StatusOr<Targets> LoadFleetFile(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  if (!file.ok()) return file.status();
  Targets targets;
  targets.fleet = true;
  targets.advice = "start noonmarkd there, or correct the fleet file";
  std::set<std::string> names;
  for (ConfigTable host : file->root().Tables("host")) {
    Dom0 dom0;
    dom0.name = host.RequiredString("name");
    if (!dom0.name.empty() && !names.insert(dom0.name).second) {
      host.Fault("name", "this name is taken by a host above");
    }
    const std::string address = host.RequiredString("address");
    const std::string operate = host.String("operate", "");
    if (address.empty()) continue;  // already a fault
    dom0.address = ReadAddress(host, "address", address);
    if (!operate.empty()) {
      dom0.operate = ReadAddress(host, "operate", operate);
    } else if (!IsSocket(dom0.address)) {
      // Who may order there, it knows by his certificate.
      dom0.operate = dom0.address;
    }
    targets.dom0s.push_back(std::move(dom0));
  }
  if (absl::Status status = file->Check(); !status.ok()) return status;
  if (targets.dom0s.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": names no host: add [[host]] with name and address"));
  }
  return targets;
}

}  // namespace noonmark::cli
