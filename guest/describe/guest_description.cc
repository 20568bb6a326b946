#include "guest/describe/guest_description.h"

#include <sys/utsname.h>

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/runtime/kernel_discipline.h"
#include "guest/describe/small_file.h"

namespace noonmark {
namespace {

std::string Read(const std::string& root, absl::string_view path) {
  return ReadSmallFile(absl::StrCat(root, path)).value_or("");
}

// The value of a line of os-release(5): bare, or quoted as in a shell.
std::string Unquoted(absl::string_view value) {
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') ||
      value.back() != value.front()) {
    return std::string(value);
  }
  const bool escapes = value.front() == '"';
  std::string text;
  for (size_t i = 1; i + 1 < value.size(); ++i) {
    if (escapes && value[i] == '\\' && i + 2 < value.size()) ++i;
    text.push_back(value[i]);
  }
  return text;
}

std::string OperatingSystem(const std::string& root) {
  for (const absl::string_view path :
       {"/etc/os-release", "/usr/lib/os-release"}) {
    const std::string text = Read(root, path);
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      if (absl::ConsumePrefix(&line, "PRETTY_NAME=")) {
        return Unquoted(absl::StripAsciiWhitespace(line));
      }
    }
  }
  return "";
}

std::optional<GuestFacts::Xen> XenFacts(const std::string& root,
                                        const Cpuid& cpuid) {
  if (Read(root, "/sys/hypervisor/type") != "xen") return std::nullopt;
  GuestFacts::Xen xen;
  xen.guest_type = Read(root, "/sys/hypervisor/guest_type");
  const std::string major = Read(root, "/sys/hypervisor/version/major");
  const std::string minor = Read(root, "/sys/hypervisor/version/minor");
  if (!major.empty() && !minor.empty()) {
    // extra begins with its own dot.
    xen.version = absl::StrCat(major, ".", minor,
                               Read(root, "/sys/hypervisor/version/extra"));
  }
  const std::string wallclock =
      Read(root, "/proc/sys/xen/independent_wallclock");
  if (!wallclock.empty()) xen.independent_wallclock = wallclock != "0";
  xen.tsc = ReadXenTimeLeaf(cpuid);
  return xen;
}

}  // namespace

GuestFacts DescribeGuest(const std::string& root, const Cpuid& cpuid) {
  constexpr absl::string_view kClocksource =
      "/sys/devices/system/clocksource/clocksource0/";
  GuestFacts facts;
  facts.kernel_release = Read(root, "/proc/sys/kernel/osrelease");
  utsname kernel;
  if (uname(&kernel) == 0) facts.machine = kernel.machine;
  facts.operating_system = OperatingSystem(root);
  facts.clocksource_current =
      Read(root, absl::StrCat(kClocksource, "current_clocksource"));
  facts.clocksources_available = absl::StrSplit(
      Read(root, absl::StrCat(kClocksource, "available_clocksource")), ' ',
      absl::SkipEmpty());
  facts.discipline = ReadKernelDiscipline();
  facts.xen = XenFacts(root, cpuid);
  if (facts.xen.has_value()) {
    facts.machine_uuid = Read(root, "/sys/hypervisor/uuid");
  }
  return facts;
}

}  // namespace noonmark
