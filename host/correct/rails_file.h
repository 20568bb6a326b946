#ifndef NOONMARK_HOST_CORRECT_RAILS_FILE_H_
#define NOONMARK_HOST_CORRECT_RAILS_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/correct/order.h"
#include "host/policy/rails.h"

namespace noonmark {

// What the rails remember, as a file of lines: who is held and why, when
// corrections of whom began, whether the breaker is open.
//
//   noonmark-rails 1
//   boot 6e6f6f6e-6d61-4b00-8000-000000000001
//   breaker services did not come back 2 times, the last of mail-2
//   failed-resumes 2
//   held UUID its clock was moved, and is not right
//   begun UUID 123456789000     (nanoseconds of CLOCK_MONOTONIC in that boot)
std::string RailsText(const Rails::Memory& memory, const BootId& boot);

// Moments of another boot are left out: the host was rebooted, and its guests
// with it.
//
// Errors:
//   kInvalidArgument  "line 3: ...". Whoever reads it must not go on as if
//                     nobody were held.
absl::StatusOr<Rails::Memory> ParseRailsText(absl::string_view text,
                                             const BootId& boot);

}  // namespace noonmark

#endif  // NOONMARK_HOST_CORRECT_RAILS_FILE_H_
