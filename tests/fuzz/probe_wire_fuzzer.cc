// A packet of a worker, of any bytes: refused with a line that can be printed,
// or decoded to what encodes and decodes to itself. Orders too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/probe/probe_wire.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/round_trip.h"

namespace noonmark {
namespace {

template <typename Decode, typename Encode>
void Try(std::string_view packet, Decode decode, Encode encode) {
  const auto message = decode(packet);
  if (!message.ok()) return fuzz::CheckFault(message.status());
  const std::string once = encode(*message);
  const auto again = decode(once);
  fuzz::Require(again.ok(), "what was taken once is taken again");
  fuzz::Require(encode(*again) == once, "and is the same");
}

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  Try(packet, DecodeProbeNews, EncodeProbeNews);
  Try(packet, DecodeProbeOrder, EncodeProbeOrder);
  return 0;
}
