#ifndef NOONMARK_HOST_CLI_EXPLAIN_H_
#define NOONMARK_HOST_CLI_EXPLAIN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/detect/card.h"
#include "host/cli/text_table.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// `noonmark explain GUEST`: how the guest's clock stands, then for each finding
// what happened and when, the evidence with its numbers, the cause and what to
// do, then the facts that the clock depends on. `host` is the name of the dom0
// in the fleet. Lines are broken at the terminal's width, at most 96 columns;
// at 80 where there is no terminal.
std::string ExplainGuest(absl::string_view host,
                         const v1::GetGuestResponse& response,
                         const Style& style);

// `noonmark explain --code CODE`: what a finding means, whatever the guest.
std::string ExplainCode(const Card& card, const Style& style);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_EXPLAIN_H_
