#ifndef NOONMARK_TESTS_FUZZ_ROUND_TRIP_H_
#define NOONMARK_TESTS_FUZZ_ROUND_TRIP_H_

#include <string>

#include "absl/status/status.h"
#include "tests/fuzz/require.h"

namespace noonmark::fuzz {

// What a decoder has against a message goes into logs and reports.
inline void CheckFault(const absl::Status& status) {
  const std::string message(status.message());
  Require(!message.empty() && message.size() <= 1024, "faults are short");
  Require(!HasControlCharacter(message), "faults can be printed");
}

// `wire` is refused properly, or it is decoded to what encodes and decodes to
// itself.
template <typename Message, typename Decode, typename Encode>
void RoundTrip(const Message& wire, Decode decode, Encode encode) {
  const auto value = decode(wire);
  if (!value.ok()) return CheckFault(value.status());
  Message first;
  encode(*value, &first);
  const auto again = decode(first);
  Require(again.ok(), "what was taken once is taken again");
  Message second;
  encode(*again, &second);
  Require(first.SerializeAsString() == second.SerializeAsString(),
          "and is the same");
}

}  // namespace noonmark::fuzz

#endif  // NOONMARK_TESTS_FUZZ_ROUND_TRIP_H_
