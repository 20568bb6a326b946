#ifndef NOONMARK_HOST_CLI_SAFE_TEXT_H_
#define NOONMARK_HOST_CLI_SAFE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace noonmark::cli {

// `text` as it may be shown on a terminal: what could move the cursor, change
// colours or reorder the line, and what is not UTF-8, is written out as an
// escape: "\n", "\x1b", "\u202e". What is left has a width and stays on its
// line.
std::string SafeText(absl::string_view text);

// Does that to every string in `message`, however deep. Renderers do it first
// thing, so that none can be forgotten: guests and domains name themselves.
void MakeSafe(google::protobuf::Message* message);

// Columns that a safe text takes on a terminal.
size_t DisplayWidth(absl::string_view safe);

// The first `width` columns; where something had to go, the last is "…".
std::string Shortened(absl::string_view safe, size_t width);

// Breaks a safe text at spaces so that each line, with `indent` before it,
// takes at most `width` columns; a longer word gets a line of its own. Ends
// with a newline. The first line is indented too.
std::string Wrapped(absl::string_view safe, absl::string_view indent,
                    size_t width);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_SAFE_TEXT_H_
