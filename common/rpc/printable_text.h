#ifndef NOONMARK_COMMON_RPC_PRINTABLE_TEXT_H_
#define NOONMARK_COMMON_RPC_PRINTABLE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace noonmark {

// How many characters (code points) `text` has, if it is well-formed UTF-8 that
// a terminal shows as it stands: no control characters, no line or paragraph
// separators, nothing that turns the direction of writing. Else absent.
std::optional<size_t> CountPrintable(std::string_view text);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_PRINTABLE_TEXT_H_
