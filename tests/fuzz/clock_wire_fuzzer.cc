// What an agent sends, of any bytes: refused with a line that can be printed,
// or decoded to what encodes and decodes to itself.
#include <cstddef>
#include <cstdint>

#include "common/rpc/clock_wire.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  using fuzz::RoundTrip;
  const int length = static_cast<int>(size);
  if (v1::ExchangeResponse response; response.ParseFromArray(data, length)) {
    RoundTrip(response.reading(), DecodeClockExchange, EncodeGuestReading);
  }
  if (v1::DescribeResponse response; response.ParseFromArray(data, length)) {
    RoundTrip(response.description(), DecodeGuestDescription, EncodeGuestFacts);
  }
  return 0;
}
