#include "common/rpc/printable_text.h"

#include <cstdint>

namespace noonmark {
namespace {

// Takes one code point off the front. Absent: malformed (RFC 3629: cut short,
// overlong, a surrogate, or above U+10FFFF).
std::optional<uint32_t> TakeCodePoint(std::string_view* text) {
  const auto byte = [text](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>((*text)[i]));
  };
  const uint32_t lead = byte(0);
  size_t length = 1;
  uint32_t point = lead;
  uint32_t least = 0;
  if (lead >= 0x80) {
    if (lead >= 0xC0 && lead < 0xE0) {
      length = 2, point = lead & 0x1F, least = 0x80;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      length = 3, point = lead & 0x0F, least = 0x800;
    } else if (lead >= 0xF0 && lead < 0xF8) {
      length = 4, point = lead & 0x07, least = 0x10000;
    } else {
      return std::nullopt;
    }
  }
  if (text->size() < length) return std::nullopt;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3F);
  }
  if (point < least || point > 0x10FFFF) return std::nullopt;
  if (point >= 0xD800 && point <= 0xDFFF) return std::nullopt;
  text->remove_prefix(length);
  return point;
}

bool IsPrintable(uint32_t point) {
  if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return false;
  if (point == 0x061C || point == 0x200E || point == 0x200F) return false;
  if (point >= 0x2028 && point <= 0x202E) return false;
  return point < 0x2066 || point > 0x2069;
}

}  // namespace

std::optional<size_t> CountPrintable(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const std::optional<uint32_t> point = TakeCodePoint(&text);
    if (!point.has_value() || !IsPrintable(*point)) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace noonmark
