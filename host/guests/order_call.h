#ifndef NOONMARK_HOST_GUESTS_ORDER_CALL_H_
#define NOONMARK_HOST_GUESTS_ORDER_CALL_H_

#include <memory>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "common/correct/order.h"
#include "common/rpc/completion_loop.h"

namespace noonmark {

// One order on its way to an agent. Deletes itself when it has come back.
class OrderCall {
 public:
  class Asker {
   public:
    // Once, unless the call was cancelled before.
    //
    // `status` is gRPC's, or DEADLINE_EXCEEDED after the limit. If that is OK,
    // `told` is what the agent said, or kInvalidArgument: it was no status.
    virtual void OnOrderAnswered(const grpc::Status& status,
                                 absl::StatusOr<OperationStatus> told) = 0;

   protected:
    ~Asker() = default;
  };

  // The asker hears no more of it.
  virtual void Cancel() = 0;

  // `limit` is measured by the loop's own timers.
  static OrderCall* Begin(CompletionLoop& loop,
                          const std::shared_ptr<grpc::Channel>& channel,
                          const Order& order, absl::Duration limit,
                          Asker* asker);

 protected:
  ~OrderCall() = default;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_ORDER_CALL_H_
