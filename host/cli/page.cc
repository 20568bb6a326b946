#include "host/cli/page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {

Page::Page(const Style& style)
    : style_(style),
      width_(style.width == 0 ? 80 : std::min<size_t>(style.width, 96)) {}

void Page::Heading(absl::string_view text) {
  absl::StrAppend(&text_, text_.empty() ? "" : "\n",
                  Coloured(text, Colour::kHeading, style_), "\n");
}

void Page::Line(absl::string_view text, absl::string_view indent) {
  absl::StrAppend(&text_, indent, text, "\n");
}

void Page::Paragraph(absl::string_view text, absl::string_view indent) {
  text_ += Wrapped(text, indent, width_);
}

void Page::AddPairs(const Pairs& pairs) {
  size_t widest = 0;
  for (const auto& [label, text] : pairs) {
    if (!text.empty()) widest = std::max(widest, DisplayWidth(label));
  }
  // A label of any length leaves half of the line to the texts.
  widest = std::min(widest, width_ / 2);
  const std::string indent(widest + 4, ' ');
  for (const auto& [label, text] : pairs) {
    if (text.empty()) continue;
    const size_t width = DisplayWidth(label);
    const std::string lines = Wrapped(text, indent, width_);
    if (width > widest) {
      absl::StrAppend(&text_, "  ", label, "\n", lines);
    } else {
      absl::StrAppend(&text_, "  ", label, std::string(widest - width, ' '),
                      lines.substr(widest + 2));
    }
  }
}

}  // namespace noonmark::cli
