#include "common/detect/counter_clamp.h"

#include <charconv>
#include <utility>

namespace noonmark {
namespace {

constexpr std::pair<int, int> kClampsSince = {3, 17};

bool IsX86(std::string_view machine) {
  // i386 ... i686
  return machine == "x86_64" ||
         (machine.size() == 4 && machine[0] == 'i' && machine[1] >= '3' &&
          machine[1] <= '6' && machine.substr(2) == "86");
}

// {0, 0} where it does not begin as "6.1" does.
std::pair<int, int> VersionOf(std::string_view release) {
  std::pair<int, int> version;
  const char* const end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') {
    return {0, 0};
  }
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc()) return {0, 0};
  return version;
}

}  // namespace

bool ClampsBackwardReads(std::string_view machine,
                         std::string_view kernel_release,
                         std::string_view clocksource) {
  return IsX86(machine) && (clocksource == "tsc" || clocksource == "xen") &&
         VersionOf(kernel_release) >= kClampsSince;
}

}  // namespace noonmark
