// A packet of noonmark-corrector's socket, of any bytes: refused with a line
// that can be printed, or it means exactly what it says: it encodes to itself.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "guest/corrector/message.h"
#include "tests/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  const auto request = DecodeRequest(packet);
  if (request.ok()) {
    fuzz::Require(EncodeRequest(*request) == packet, "nothing is passed over");
  } else {
    fuzz::CheckFault(request.status());
  }
  const auto answer = DecodeAnswer(packet);
  if (answer.ok()) {
    fuzz::Require(EncodeAnswer(*answer) == packet, "nothing is passed over");
  } else {
    fuzz::CheckFault(answer.status());
  }
  return 0;
}
