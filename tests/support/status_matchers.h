#ifndef NOONMARK_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define NOONMARK_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace noonmark::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).ok();
}

// The code, and a part of the message where one is given.
MATCHER_P(StatusIs, code, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code;
}
MATCHER_P2(StatusIs, code, part, "") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).code() == code &&
         ::testing::Value(std::string(StatusOf(arg).message()),
                          ::testing::HasSubstr(part));
}

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_STATUS_MATCHERS_H_
