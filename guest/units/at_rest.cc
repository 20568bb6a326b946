#include "guest/units/at_rest.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace noonmark {
namespace {

constexpr char kListen[] = "0A";  // TCP_LISTEN

absl::Status Unreadable(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot read ", path, ": ", strerror(errno)));
}

// "  sl  local_address rem_address   st ...", addresses and ports in hex.
absl::Status AddPorts(const std::string& path, std::set<uint16_t>& ports) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return Unreadable(path);
  while (std::getline(file, line)) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() < 4) {
      return absl::InternalError(absl::StrCat(path, ": a line without fields"));
    }
    if (fields[3] != kListen) continue;
    const std::pair<absl::string_view, absl::string_view> local =
        absl::StrSplit(fields[1], absl::MaxSplits(':', 1));
    uint32_t port = 0;
    if (!absl::SimpleHexAtoi(local.second, &port) || port > 0xFFFF) {
      return absl::InternalError(absl::StrCat(path, ": a line without a port"));
    }
    ports.insert(static_cast<uint16_t>(port));
  }
  return absl::OkStatus();
}

}  // namespace

// cgroup.events counts those below too, which cgroup.procs does not.
absl::StatusOr<bool> HasProcesses(const ProofPaths& paths,
                                  const std::string& control_group) {
  if (control_group.empty()) return false;
  const std::string path =
      absl::StrCat(paths.cgroups, control_group, "/cgroup.events");
  // Twice: it may go away between being opened and being read.
  for (int i = 0; i < 2; ++i) {
    errno = 0;
    std::ifstream file(path);
    if (!file) {
      if (errno != ENOENT) return Unreadable(path);
      // Gone; or are there no cgroups of the kind that has this file?
      const std::string root =
          absl::StrCat(paths.cgroups, "/cgroup.controllers");
      if (!std::ifstream(root)) return Unreadable(root);
      return false;
    }
    std::string line;
    while (std::getline(file, line)) {
      if (line == "populated 0") return false;
      if (line == "populated 1") return true;
    }
  }
  return absl::UnavailableError(absl::StrCat(path, " says nothing"));
}

absl::StatusOr<std::set<uint16_t>> ListeningPorts(const ProofPaths& paths) {
  std::set<uint16_t> ports;
  if (absl::Status status = AddPorts(paths.tcp, ports); !status.ok()) {
    return status;
  }
  errno = 0;
  const bool has_tcp6 = std::ifstream(paths.tcp6).good() || errno != ENOENT;
  if (has_tcp6) {
    if (absl::Status status = AddPorts(paths.tcp6, ports); !status.ok()) {
      return status;
    }
  }
  return ports;
}

}  // namespace noonmark
