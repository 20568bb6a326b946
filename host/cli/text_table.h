#ifndef NOONMARK_HOST_CLI_TEXT_TABLE_H_
#define NOONMARK_HOST_CLI_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace noonmark::cli {

enum class Colour { kNone, kGood, kBad, kDoubtful, kQuiet, kHeading };

// How a text is to look where it is going.
struct Style {
  bool colour = false;
  // Columns of the terminal; 0: no terminal, the last column is whole.
  size_t width = 0;
};

// `text` in that colour, if colours are wanted.
std::string Coloured(absl::string_view text, Colour colour, const Style& style);

// A table in columns as wide as their widest cell, which is shortened beyond
// 128. The last column takes what is left of the terminal's width and is
// shortened to it. Cells are safe texts.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    absl::string_view heading;
    Align align = Align::kLeft;
  };
  struct Cell {
    std::string text;
    Colour colour = Colour::kNone;
  };

  explicit TextTable(std::vector<Column> columns);

  // As many cells as columns; an empty one is shown as "-".
  void AddRow(std::vector<Cell> cells);
  // Some cells, the last of which runs over the rest of the line and is never
  // shortened: an error's end is what to do about it.
  void AddSpan(std::vector<Cell> cells);

  std::string Render(const Style& style) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    bool span = false;
  };
  std::string RenderRow(const Row& row, const std::vector<size_t>& widths,
                        const Style& style) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_TEXT_TABLE_H_
