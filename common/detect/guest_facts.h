#ifndef NOONMARK_COMMON_DETECT_GUEST_FACTS_H_
#define NOONMARK_COMMON_DETECT_GUEST_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "common/time/clock.h"

namespace noonmark {

// What a guest says of itself: decoded and within its limits, not believed.
// Empty: not readable there, or not there.
struct GuestFacts {
  std::string agent_version;
  std::string kernel_release;
  std::string machine;
  std::string operating_system;
  std::string clocksource_current;
  std::vector<std::string> clocksources_available;
  std::optional<KernelDiscipline> discipline;
  struct Xen {
    std::string guest_type;
    std::string version;
    std::optional<bool> independent_wallclock;
  };
  std::optional<Xen> xen;
  std::string machine_uuid;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_FACTS_H_
