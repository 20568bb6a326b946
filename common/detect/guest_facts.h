#ifndef NOONMARK_COMMON_DETECT_GUEST_FACTS_H_
#define NOONMARK_COMMON_DETECT_GUEST_FACTS_H_

#include <cstdint>
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
    // Of the counter that Xen gives it. `mode`: 0 default, 1 always emulated,
    // 2 never, 3 never and with TSC_AUX.
    struct Tsc {
      uint32_t mode = 0;
      uint32_t khz = 0;
      uint32_t incarnation = 0;
    };
    std::optional<Tsc> tsc;
  };
  std::optional<Xen> xen;
  std::string machine_uuid;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_GUEST_FACTS_H_
