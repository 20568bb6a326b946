#ifndef NOONMARK_COMMON_RUNTIME_DURABLE_FILE_H_
#define NOONMARK_COMMON_RUNTIME_DURABLE_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace noonmark {

// Small files that are there whole or not at all, whatever dies meanwhile.
//
// Errors of all: kUnavailable; the message has the path and the system's cause.

// kNotFound: there is none. More than 1 MiB is an error.
absl::StatusOr<std::string> ReadDurable(const std::string& path);
// A new file takes the place of the old one, of that mode whatever the umask,
// and is on the disk when this returns.
absl::Status WriteDurably(const std::string& path, absl::string_view text,
                          mode_t mode = 0640);
// The same, and kAlreadyExists where there is one, which stays.
absl::Status CreateDurably(const std::string& path, absl::string_view text,
                           mode_t mode);
// That there is none is no error.
absl::Status RemoveDurably(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_DURABLE_FILE_H_
