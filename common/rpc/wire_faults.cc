#include "common/rpc/wire_faults.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/rpc/printable_text.h"

namespace noonmark {

void WireFaults::Add(absl::string_view field, absl::string_view what) {
  if (status_.ok()) {
    status_ = absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
  }
}

void WireFaults::CheckText(absl::string_view field, const std::string& text,
                           size_t most) {
  // Before looking at it: a character has at most 4 bytes.
  if (text.size() > 4 * most) {
    return Add(field, absl::StrCat(text.size(), " bytes, but at most ", most,
                                   " characters are allowed"));
  }
  const std::optional<size_t> count = CountPrintable(text);
  if (!count.has_value()) return Add(field, "is not printable text");
  if (*count > most) {
    Add(field, absl::StrCat(*count, " characters, but at most ", most,
                            " are allowed"));
  }
}

void WireFaults::CheckRange(absl::string_view field, int64_t value,
                            int64_t least, int64_t most) {
  if (value < least || value > most) {
    Add(field, absl::StrCat(value, " is not from ", least, " to ", most));
  }
}

const std::string& AllowedText(const std::string& text, size_t most) {
  static const std::string* const nothing = new std::string();
  const std::optional<size_t> count = CountPrintable(text);
  return count.has_value() && *count <= most ? text : *nothing;
}

}  // namespace noonmark
