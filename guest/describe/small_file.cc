#include "guest/describe/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"

namespace noonmark {

std::optional<std::string> ReadSmallFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return std::nullopt;
  const absl::Cleanup close_file = [file] { close(file); };
  char text[4096];
  // One read: the kernel's files give all they have, or all that fits.
  const ssize_t size = read(file, text, sizeof text);
  if (size < 0) return std::nullopt;
  return std::string(absl::StripAsciiWhitespace(
      absl::string_view(text, static_cast<size_t>(size))));
}

}  // namespace noonmark
