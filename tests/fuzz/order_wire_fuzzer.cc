// What an agent tells of an operation, and what it is ordered, of any bytes:
// refused with a line that can be printed, or decoded to what encodes and
// decodes to itself.
#include <cstddef>
#include <cstdint>
#include <variant>

#include "common/rpc/order_wire.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/fuzz/round_trip.h"

namespace noonmark {
namespace {

template <typename OrderType, typename Request>
void TryOrder(const uint8_t* data, size_t size) {
  Request request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return;
  fuzz::RoundTrip(
      request, [](const Request& wire) { return DecodeOrder(wire); },
      [](const Order& order, Request* wire) {
        EncodeOrder(std::get<OrderType>(order), wire);
      });
}

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  if (v1::StatusResponse response;
      response.ParseFromArray(data, static_cast<int>(size))) {
    fuzz::RoundTrip(response.status(), DecodeOperationStatus,
                    EncodeOperationStatus);
  }
  TryOrder<QuiesceOrder, v1::QuiesceRequest>(data, size);
  TryOrder<CorrectOrder, v1::CorrectRequest>(data, size);
  TryOrder<ResumeOrder, v1::ResumeRequest>(data, size);
  return 0;
}
