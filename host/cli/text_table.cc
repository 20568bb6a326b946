#include "host/cli/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {
namespace {

constexpr absl::string_view kGap = "  ";

absl::string_view Escape(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kGood:
      return "\x1b[32m";
    case Colour::kBad:
      return "\x1b[1;31m";
    case Colour::kDoubtful:
      return "\x1b[33m";
    case Colour::kQuiet:
      return "\x1b[36m";
    case Colour::kHeading:
      return "\x1b[1m";
  }
  return "";
}

// Wider than any address of a socket: who gives a guest a longer name shall not
// push the others off the screen.
constexpr size_t kWidestCell = 128;

}  // namespace

std::string Coloured(absl::string_view text, Colour colour,
                     const Style& style) {
  if (!style.colour || colour == Colour::kNone) return std::string(text);
  return absl::StrCat(Escape(colour), text, "\x1b[0m");
}

TextTable::TextTable(std::vector<Column> columns)
    : columns_(std::move(columns)) {
  Row headings;
  for (const Column& column : columns_) {
    headings.cells.push_back({std::string(column.heading), Colour::kHeading});
  }
  rows_.push_back(std::move(headings));
}

void TextTable::AddRow(std::vector<Cell> cells) {
  rows_.push_back({std::move(cells), false});
}

void TextTable::AddSpan(std::vector<Cell> cells) {
  rows_.push_back({std::move(cells), true});
}

std::string TextTable::Render(const Style& style) const {
  std::vector<size_t> widths(columns_.size(), 1);
  const auto width_of = [](const Cell& cell) {
    return std::min(DisplayWidth(cell.text), kWidestCell);
  };
  for (const Row& row : rows_) {
    const size_t count = row.cells.size() - (row.span ? 1 : 0);
    for (size_t i = 0; i < count; ++i) {
      widths[i] = std::max(widths[i], width_of(row.cells[i]));
    }
  }
  std::string text;
  for (const Row& row : rows_) {
    absl::StrAppend(&text, RenderRow(row, widths, style), "\n");
  }
  return text;
}

std::string TextTable::RenderRow(const Row& row,
                                 const std::vector<size_t>& widths,
                                 const Style& style) const {
  std::string line;
  size_t column = 0;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const Cell& cell = row.cells[i];
    const bool last = i + 1 == row.cells.size();
    std::string text = cell.text.empty() ? "-" : cell.text;
    if (last && !row.span && style.width > 0) {
      // At least a few columns, on however narrow a terminal.
      constexpr size_t kLeast = 12;
      text = Shortened(
          text, std::max(kLeast, style.width - std::min(style.width, column)));
    } else if (!last) {
      text = Shortened(text, kWidestCell);
    }
    const size_t width = DisplayWidth(text);
    const std::string padding(widths[i] - std::min(widths[i], width), ' ');
    const bool right =
        columns_[i].align == Align::kRight && !(last && row.span);
    if (right) line += padding;
    line += Coloured(text, cell.colour, style);
    if (last) break;
    if (!right) line += padding;
    absl::StrAppend(&line, kGap);
    column += widths[i] + kGap.size();
  }
  return line;
}

}  // namespace noonmark::cli
