#ifndef NOONMARK_GUEST_SERVICE_DESCRIBE_CALL_H_
#define NOONMARK_GUEST_SERVICE_DESCRIBE_CALL_H_

#include <grpcpp/grpcpp.h>

#include "guest/service/agent_state.h"
#include "guest/service/method_tag.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

// One Describe call, from waiting for it to its end.
class DescribeCall {
 public:
  class Owner {
   public:
    // The call came in; another is to be waited for.
    virtual void OnCalled(DescribeCall* call) = 0;
    // Nothing is outstanding any more; may delete the call.
    virtual void OnEnded(DescribeCall* call) = 0;

   protected:
    ~Owner() = default;
  };

  DescribeCall(AgentState* state, Owner* owner);
  DescribeCall(const DescribeCall&) = delete;
  DescribeCall& operator=(const DescribeCall&) = delete;

  // Waits for a host to call.
  void Accept(v1::AgentService::AsyncService* service,
              grpc::ServerCompletionQueue* queue);

 private:
  void OnAccepted(bool ok);
  void OnFinished(bool ok);

  AgentState* const state_;
  Owner* const owner_;
  grpc::ServerContext context_;
  v1::DescribeRequest request_;
  grpc::ServerAsyncResponseWriter<v1::DescribeResponse> writer_{&context_};
  MethodTag<DescribeCall> accepted_{this, &DescribeCall::OnAccepted};
  MethodTag<DescribeCall> finished_{this, &DescribeCall::OnFinished};
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_DESCRIBE_CALL_H_
