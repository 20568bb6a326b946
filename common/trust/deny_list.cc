#include "common/trust/deny_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

constexpr absl::string_view kKind = "sha256:";

std::optional<KeyHash> ParseKeyHash(absl::string_view text) {
  KeyHash key;
  if (!absl::ConsumePrefix(&text, kKind) || text.size() != 2 * key.size() ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    return std::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes(text);
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace

absl::StatusOr<DenyList> DenyList::Parse(absl::string_view text) {
  DenyList list;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::optional<KeyHash> key = ParseKeyHash(line);
    if (!key.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number,
                       ": is not sha256: and 64 hexadecimal figures; the list "
                       "is not used"));
    }
    list.keys_.insert(*key);
  }
  return list;
}

std::string FormatKeyHash(const KeyHash& key) {
  return absl::StrCat(
      kKind, absl::BytesToHexString(absl::string_view(
                 reinterpret_cast<const char*>(key.data()), key.size())));
}

std::string DenyLine(const KeyHash& key, absl::string_view remark) {
  return absl::StrCat(FormatKeyHash(key), "  # ",
                      absl::Utf8SafeCHexEscape(remark), "\n");
}

}  // namespace noonmark
