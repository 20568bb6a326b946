#ifndef NOONMARK_HOST_CLI_PLAN_TEXT_H_
#define NOONMARK_HOST_CLI_PLAN_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "host/cli/text_table.h"
#include "noonmark/v1/fleet.pb.h"

namespace noonmark::cli {

// A plan as a page: what would be done, step by step; why; what it costs mail;
// what refuses it, and what to change; what to know before. `host`: the name of
// the guest's dom0.
std::string PlanText(absl::string_view host,
                     const v1::PlanGuestResponse& response, const Style& style);

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PLAN_TEXT_H_
