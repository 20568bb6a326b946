#ifndef NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_BUS_H_
#define NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_BUS_H_

#include <cstdint>
#include <string>

#include "guest/units/unit_manager.h"

namespace noonmark::testing {

// What both rooms of the fake systemd say on its bus.
inline constexpr char kSystemdPath[] = "/org/freedesktop/systemd1";
inline constexpr char kSystemdManager[] = "org.freedesktop.systemd1.Manager";

// Ends the test if what libsystemd returned is an error.
void CheckBus(int result);

const char* VerbWord(UnitVerb verb);
std::string JobPath(uint32_t id);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_FAKE_SYSTEMD_BUS_H_
