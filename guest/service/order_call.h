#ifndef NOONMARK_GUEST_SERVICE_ORDER_CALL_H_
#define NOONMARK_GUEST_SERVICE_ORDER_CALL_H_

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/correct/order.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

// One call of Quiesce, Correct, Resume or Status, from waiting for it to its
// end.
class OrderCall {
 public:
  class Owner {
   public:
    // The queue is about to be shut down: begin nothing.
    virtual bool IsStopping() const = 0;
    // The call of `method` came in; another of its kind is to be waited for.
    // OK: Answer() will be called. Else it ends so.
    virtual grpc::Status OnOrder(OrderCall* call,
                                 const grpc::ServerContext& context,
                                 absl::string_view method) = 0;
    // It is an order. The answer may come at once.
    virtual void OnDecoded(OrderCall* call, const Order& order) = 0;
    // Nothing is outstanding any more; may delete the call.
    virtual void OnEnded(OrderCall* call) = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~OrderCall() = default;

  // Waits for a host to call.
  virtual void Accept(v1::AgentService::AsyncService* service,
                      grpc::ServerCompletionQueue* queue) = 0;
  // One of the same kind.
  virtual std::unique_ptr<OrderCall> Another() const = 0;
  // After OnDecoded(), once.
  virtual void Answer(const OperationStatus& status) = 0;
  virtual void Fail(const grpc::Status& why) = 0;

  // Calls of one kind each.
  static std::unique_ptr<OrderCall> Quiesce(Owner* owner);
  static std::unique_ptr<OrderCall> Correct(Owner* owner);
  static std::unique_ptr<OrderCall> Resume(Owner* owner);
  static std::unique_ptr<OrderCall> Status(Owner* owner);
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_ORDER_CALL_H_
