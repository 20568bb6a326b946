// What an agent sends, of any bytes: refused with a line that can be printed,
// or decoded to what encodes and decodes to itself.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/rpc/clock_wire.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/fuzz/require.h"

namespace noonmark {
namespace {

using ::noonmark::fuzz::HasControlCharacter;
using ::noonmark::fuzz::Require;

void CheckFault(const absl::Status& status) {
  const std::string message(status.message());
  Require(!message.empty() && message.size() <= 1024, "faults are short");
  Require(!HasControlCharacter(message), "faults can be printed");
}

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

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const int length = static_cast<int>(size);
  if (v1::ExchangeResponse response; response.ParseFromArray(data, length)) {
    RoundTrip(response.reading(), DecodeClockExchange, EncodeGuestReading);
  }
  if (v1::DescribeResponse response; response.ParseFromArray(data, length)) {
    RoundTrip(response.description(), DecodeGuestDescription, EncodeGuestFacts);
  }
  return 0;
}
