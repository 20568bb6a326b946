#include "guest/machine_uuid.h"

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/trust/identity.h"
#include "guest/describe/guest_description.h"
#include "guest/describe/small_file.h"

namespace noonmark {
namespace {

// The first three of its parts were numbers once: 4, 2 and 2 bytes.
std::string InOtherOrder(const std::string& uuid) {
  struct Number {
    size_t begin;
    size_t bytes;
  };
  constexpr Number kNumbers[] = {{0, 4}, {9, 2}, {14, 2}};
  std::string other = uuid;
  for (const Number& number : kNumbers) {
    for (size_t i = 0; i < number.bytes; ++i) {
      other.replace(number.begin + 2 * i, 2, uuid,
                    number.begin + 2 * (number.bytes - 1 - i), 2);
    }
  }
  return other;
}

// Of a firmware that was never given one: zeros or ones throughout.
bool IsBlank(absl::string_view uuid) {
  return uuid.find_first_not_of("0-") == uuid.npos ||
         uuid.find_first_not_of("f-") == uuid.npos;
}

}  // namespace

std::vector<std::string> MachineUuids(const std::string& root,
                                      const std::string& credentials) {
  const auto uuid = [](const std::string& text) -> std::string {
    const absl::StatusOr<Identity> identity =
        MakeIdentity("any", Role::kGuest, text);
    return identity.ok() && !IsBlank(identity->id) ? identity->id : "";
  };
  if (std::string xen = uuid(DescribeGuest(root).machine_uuid); !xen.empty()) {
    return {xen};
  }
  if (credentials.empty()) return {};
  const std::string firmware = uuid(
      ReadSmallFile(absl::StrCat(credentials, "/machine-uuid")).value_or(""));
  if (firmware.empty()) return {};
  return {firmware, InOtherOrder(firmware)};
}

}  // namespace noonmark
