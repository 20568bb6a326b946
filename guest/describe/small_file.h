#ifndef NOONMARK_GUEST_DESCRIBE_SMALL_FILE_H_
#define NOONMARK_GUEST_DESCRIBE_SMALL_FILE_H_

#include <optional>
#include <string>

namespace noonmark {

// The beginning of a file of /proc, /sys or /etc, at most 4 KiB, without the
// white space around it. Absent: not there, or not readable.
std::optional<std::string> ReadSmallFile(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_DESCRIBE_SMALL_FILE_H_
