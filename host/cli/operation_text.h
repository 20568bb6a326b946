#ifndef NOONMARK_HOST_CLI_OPERATION_TEXT_H_
#define NOONMARK_HOST_CLI_OPERATION_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "host/cli/text_table.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// It did what it was ordered to do: the clock is right, or services are back.
bool HasSucceeded(const v1::Operation& operation);

// How it goes, on one line: "12.3 s  mail rests; measuring again".
std::string ProgressLine(const v1::Operation& operation);

// What was done, mail's downtime, the offset before and after with bounds; of
// an operation that is over, or rests mail until it is resumed. `guest` and
// `host`: their names.
std::string OperationText(absl::string_view guest, absl::string_view host,
                          const v1::Operation& operation, const Style& style);

// In a few words, beside a verdict: "being corrected: mail rests; measuring
// again". Empty: it is over. Safe messages, as wording.h.
std::string UnderWayText(const v1::Operation& operation);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_OPERATION_TEXT_H_
