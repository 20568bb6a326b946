#ifndef NOONMARK_HOST_POLICY_LENGTH_TEXT_H_
#define NOONMARK_HOST_POLICY_LENGTH_TEXT_H_

#include <string>

#include "absl/time/time.h"

namespace noonmark {

// A length of time that somebody chose, for people: "450 ms", "10 s", "2 min",
// "24 h". What no such unit divides is told in seconds: "1.5 s".
std::string LengthOf(absl::Duration length);

}  // namespace noonmark

#endif  // NOONMARK_HOST_POLICY_LENGTH_TEXT_H_
