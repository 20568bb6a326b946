#include "host/cli/safe_text.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace noonmark::cli {
namespace {

struct Character {
  char32_t code = 0;
  size_t bytes = 1;
  bool valid = false;
};

struct Range {
  char32_t first;
  char32_t last;
};

template <size_t N>
bool IsIn(char32_t code, const Range (&ranges)[N]) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// Not to be seen, yet with an effect: controls, and what joins, splits or
// reorders characters.
constexpr Range kHidden[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f},   {0x00ad, 0x00ad}, {0x061c, 0x061c},
    {0x115f, 0x1160}, {0x180b, 0x180f},   {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}, {0xe000, 0xf8ff},
};

// Drawn over the character before.
constexpr Range kCombining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
    {0x064b, 0x065f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe20, 0xfe2f},
};

// Two columns: East Asian wide characters and pictures.
constexpr Range kWide[] = {
    {0x1100, 0x115e},   {0x2e80, 0x303e},   {0x3041, 0x4dbf},
    {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

// The character at the beginning of `text`, which is not empty.
Character Decode(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  char32_t code = first & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3f);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[bytes] || code > 0x10ffff || surrogate) return {};
  return {code, bytes, true};
}

size_t WidthOf(char32_t code) {
  if (IsIn(code, kCombining)) return 0;
  return IsIn(code, kWide) ? 2 : 1;
}

std::string Escape(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x100     ? absl::StrFormat("\\x%02x", uint32_t{code})
             : code < 0x10000 ? absl::StrFormat("\\u%04x", uint32_t{code})
                              : absl::StrFormat("\\U%08x", uint32_t{code});
  }
}

}  // namespace

std::string SafeText(absl::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character next = Decode(text);
    if (!next.valid) {
      absl::StrAppendFormat(&safe, "\\x%02x",
                            static_cast<unsigned char>(text[0]));
    } else if (IsIn(next.code, kHidden)) {
      safe += Escape(next.code);
    } else {
      absl::StrAppend(&safe, text.substr(0, next.bytes));
    }
    text.remove_prefix(next.bytes);
  }
  return safe;
}

void MakeSafe(google::protobuf::Message* message) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection->FieldSize(*message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        if (repeated) {
          reflection->SetRepeatedString(
              message, field, i,
              SafeText(reflection->GetRepeatedString(*message, field, i)));
        } else {
          reflection->SetString(
              message, field, SafeText(reflection->GetString(*message, field)));
        }
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        MakeSafe(repeated
                     ? reflection->MutableRepeatedMessage(message, field, i)
                     : reflection->MutableMessage(message, field));
      }
    }
  }
}

size_t DisplayWidth(absl::string_view safe) {
  size_t width = 0;
  while (!safe.empty()) {
    const Character next = Decode(safe);
    width += WidthOf(next.code);
    safe.remove_prefix(next.bytes);
  }
  return width;
}

std::string Shortened(absl::string_view safe, size_t width) {
  if (DisplayWidth(safe) <= width) return std::string(safe);
  if (width == 0) return "";
  size_t taken = 0;
  size_t columns = 0;
  while (taken < safe.size()) {
    const Character next = Decode(safe.substr(taken));
    if (columns + WidthOf(next.code) > width - 1) break;
    columns += WidthOf(next.code);
    taken += next.bytes;
  }
  return absl::StrCat(safe.substr(0, taken), "…");
}

std::string Wrapped(absl::string_view safe, absl::string_view indent,
                    size_t width) {
  std::string text;
  size_t columns = 0;  // of the current line; 0: nothing is on it yet
  for (const absl::string_view word :
       absl::StrSplit(safe, ' ', absl::SkipEmpty())) {
    const size_t needed = DisplayWidth(word);
    if (columns > 0 && columns + 1 + needed > width) {
      text += '\n';
      columns = 0;
    }
    if (columns == 0) {
      absl::StrAppend(&text, indent, word);
      columns = DisplayWidth(indent) + needed;
    } else {
      absl::StrAppend(&text, " ", word);
      columns += 1 + needed;
    }
  }
  return text + '\n';
}

}  // namespace noonmark::cli
