#include "guest/service/describe_call.h"

#include "common/rpc/caller.h"
#include "common/rpc/clock_wire.h"

namespace noonmark {

DescribeCall::DescribeCall(AgentState* state, Owner* owner)
    : state_(state), owner_(owner) {}

void DescribeCall::Accept(v1::AgentService::AsyncService* service,
                          grpc::ServerCompletionQueue* queue) {
  service->RequestDescribe(&context_, &request_, &writer_, queue, queue,
                           accepted_.tag());
}

void DescribeCall::OnAccepted(bool ok) {
  if (!ok || state_->stopping) return owner_->OnEnded(this);
  owner_->OnCalled(this);
  if (const grpc::Status status = MayHandle(
          CallerOf(*context_.auth_context(), state_->local, CallerByRole),
          "/noonmark.v1.AgentService/Describe");
      !status.ok()) {
    return writer_.FinishWithError(status, finished_.tag());
  }
  v1::DescribeResponse response;
  EncodeGuestFacts(state_->describe(), response.mutable_description());
  writer_.Finish(response, grpc::Status::OK, finished_.tag());
}

void DescribeCall::OnFinished(bool /*ok*/) { owner_->OnEnded(this); }

}  // namespace noonmark
