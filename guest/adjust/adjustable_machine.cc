#include "guest/adjust/adjustable_machine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace noonmark {
namespace {

// The first process's namespace has this number on every kernel
// (PROC_PID_INIT_INO).
constexpr char kFirstPidNamespace[] = "pid:[4026531836]";

absl::Status Refused(absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("the clock of this machine is not ours to correct: ", why));
}

std::string Link(const std::string& path) {
  std::array<char, 64> target;
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  return size < 0 ? "" : std::string(target.data(), static_cast<size_t>(size));
}

bool HasWord(const std::string& path, absl::string_view word,
             absl::string_view of_line) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!absl::StartsWith(line, of_line)) continue;
    for (const absl::string_view part :
         absl::StrSplit(line, absl::ByAnyChar(" \t,"))) {
      if (part == word) return true;
    }
  }
  return false;
}

}  // namespace

absl::Status CheckAdjustableMachine(const std::string& root) {
  struct stat there;
  if (stat((root + "/run/systemd/system").c_str(), &there) != 0) {
    return Refused("systemd does not run it, so mail could not rest");
  }
  if (Link(root + "/proc/self/ns/pid") != kFirstPidNamespace) {
    return Refused("this is a container, and the clock is its host's");
  }
  if (HasWord(root + "/proc/xen/capabilities", "control_d", "")) {
    return Refused("it is dom0, whose clock its guests are compared with");
  }
  if (!HasWord(root + "/sys/hypervisor/type", "xen", "") &&
      !HasWord(root + "/proc/cpuinfo", "hypervisor", "flags")) {
    return Refused("it is no virtual machine");
  }
  return absl::OkStatus();
}

}  // namespace noonmark
