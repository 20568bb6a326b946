#ifndef NOONMARK_HOST_PROBE_PROBE_WIRE_H_
#define NOONMARK_HOST_PROBE_PROBE_WIRE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "host/probe/probe_message.h"

namespace noonmark {

// A packet, and back. What a guest said comes out through the same decoders as
// from the network (clock_wire.h, order_wire.h): within its limits whoever
// wrote the packet.
//
// Errors: kInvalidArgument: no packet of this version; says what is wrong.
std::string EncodeProbeOrder(const ProbeOrder& order);
absl::StatusOr<ProbeOrder> DecodeProbeOrder(std::string_view packet);
std::string EncodeProbeNews(const ProbeNews& news);
absl::StatusOr<ProbeNews> DecodeProbeNews(std::string_view packet);

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_PROBE_WIRE_H_
