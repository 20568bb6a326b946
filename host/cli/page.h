#ifndef NOONMARK_HOST_CLI_PAGE_H_
#define NOONMARK_HOST_CLI_PAGE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "host/cli/text_table.h"

namespace noonmark::cli {

// A page for people: headings, paragraphs and pairs of label and text, broken
// at the terminal's width, at most 96 columns; at 80 where there is no
// terminal. All texts are safe texts (safe_text.h).
class Page {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  explicit Page(const Style& style);

  // Behind an empty line.
  void Heading(absl::string_view text);
  void Paragraph(absl::string_view text, absl::string_view indent);
  // Not broken, however long.
  void Line(absl::string_view text, absl::string_view indent);
  // Texts aligned behind the widest label; pairs without a text are left out.
  void AddPairs(const Pairs& pairs);

  const std::string& text() const { return text_; }

 private:
  const Style style_;
  const size_t width_;
  std::string text_;
};

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PAGE_H_
