#include "host/correct/host_identity.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/durable_file.h"

namespace noonmark {

absl::StatusOr<BootId> ReadHostBoot(const char* credentials) {
  const std::string path = credentials == nullptr
                               ? "/proc/sys/kernel/random/boot_id"
                               : absl::StrCat(credentials, "/boot-id");
  const absl::StatusOr<std::string> text = ReadDurable(path);
  if (!text.ok()) return text.status();
  const std::optional<BootId> boot =
      ParseBootId(text->substr(0, text->find('\n')));
  if (!boot.has_value()) {
    return absl::UnavailableError(absl::StrCat(path, ": holds no boot id"));
  }
  return *boot;
}

OperationId NewOperationId() {
  OperationId id;
  size_t filled = 0;
  while (filled < id.bytes.size()) {
    const ssize_t got = getrandom(id.bytes.data() + filled,
                                  id.bytes.size() - filled, /*flags=*/0);
    // Without flags it fails only by a signal, or a fault of ours.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<size_t>(got);
  }
  // As RFC 4122 marks a random one; so it is never all zero.
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace noonmark
