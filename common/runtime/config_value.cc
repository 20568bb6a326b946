#include "common/runtime/config_value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace noonmark {
namespace {

// Far below what absl::Duration holds, far above what anyone means.
constexpr int64_t kMostDays = 1'000'000;

}  // namespace

std::optional<absl::Duration> ParseConfigDuration(const std::string& whole) {
  absl::string_view text = whole;
  const bool negative = absl::ConsumePrefix(&text, "-");
  // absl takes "0", "inf" and signs too: a number first, a unit last, and
  // nothing else in between.
  if (text.empty() || !absl::ascii_isdigit(text.front()) ||
      !absl::ascii_isalpha(text.back()) ||
      absl::c_any_of(text, [](unsigned char c) {
        return !absl::ascii_isalnum(c) && c != '.';
      })) {
    return std::nullopt;
  }

  // absl knows no days.
  absl::Duration days;
  if (const size_t d = text.find('d'); d != absl::string_view::npos) {
    int64_t count = 0;
    if (!absl::SimpleAtoi(text.substr(0, d), &count) || count > kMostDays) {
      return std::nullopt;
    }
    days = absl::Hours(24) * count;
    text.remove_prefix(d + 1);
  }
  absl::Duration rest;
  if (!text.empty() && !absl::ParseDuration(text, &rest)) return std::nullopt;
  const absl::Duration sum = days + rest;
  if (sum >= absl::Hours(24) * kMostDays) return std::nullopt;
  return negative ? -sum : sum;
}

std::string ForMessage(std::string_view text, size_t longest) {
  size_t end = std::min(text.size(), longest);
  // Not in the middle of a character.
  while (end < text.size() && end > 0 &&
         (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string line = absl::StrReplaceAll(
      absl::Utf8SafeCEscape(std::string(text.substr(0, end))), {{"\\'", "'"}});
  if (end < text.size()) absl::StrAppend(&line, "...");
  return line;
}

}  // namespace noonmark
