#ifndef NOONMARK_COMMON_RPC_ORDER_WIRE_H_
#define NOONMARK_COMMON_RPC_ORDER_WIRE_H_

#include "absl/status/statusor.h"
#include "common/correct/order.h"

namespace noonmark::v1 {
class CorrectRequest;
class OperationStatus;
class QuiesceRequest;
class ResumeRequest;
class StatusRequest;
}  // namespace noonmark::v1

namespace noonmark {

// From the wire: the one place where what either side says about an operation
// is checked. What comes out is within the limits of order.h, safe to print, to
// compute with and to keep. Whether an order may be obeyed is not asked here.
//
// Errors:
//   kInvalidArgument  the message names the field and what is wrong with it:
//                     "header.operation_id: 3 bytes, not 16".
absl::StatusOr<Order> DecodeOrder(const v1::QuiesceRequest& wire);
absl::StatusOr<Order> DecodeOrder(const v1::CorrectRequest& wire);
absl::StatusOr<Order> DecodeOrder(const v1::ResumeRequest& wire);
absl::StatusOr<Order> DecodeOrder(const v1::StatusRequest& wire);
absl::StatusOr<OperationStatus> DecodeOperationStatus(
    const v1::OperationStatus& wire);

// To the wire. Replaces all of `wire`. What is encoded can be decoded, orders
// if their operation and boot are not none: durations beyond what int64
// nanoseconds hold are saturated, text that is not printable is left out, a
// longer detail is cut, and so are services beyond the limit or without a
// unit's name.
void EncodeOrder(const QuiesceOrder& order, v1::QuiesceRequest* wire);
void EncodeOrder(const CorrectOrder& order, v1::CorrectRequest* wire);
void EncodeOrder(const ResumeOrder& order, v1::ResumeRequest* wire);
void EncodeOrder(const StatusOrder& order, v1::StatusRequest* wire);
void EncodeOperationStatus(const OperationStatus& status,
                           v1::OperationStatus* wire);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_ORDER_WIRE_H_
