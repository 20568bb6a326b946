#ifndef NOONMARK_COMMON_RUNTIME_CONFIG_VALUE_H_
#define NOONMARK_COMMON_RUNTIME_CONFIG_VALUE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace noonmark {

// Reads a duration written with its units: "50ms", "2m", "1h30m", "1.5s",
// "-6s"; ns, us, ms, s, m, h, and d for 24 hours. Absent: it is no such text,
// has no unit (so "0" is none), or is beyond a million days.
std::optional<absl::Duration> ParseConfigDuration(const std::string& text);

// Text from a file for a message of one line: control characters, backslashes
// and double quotes escaped, cut after `longest` bytes.
std::string ForMessage(std::string_view text, size_t longest = 80);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_CONFIG_VALUE_H_
