#ifndef NOONMARK_HOST_GUESTS_DESCRIPTION_CALL_H_
#define NOONMARK_HOST_GUESTS_DESCRIPTION_CALL_H_

#include <memory>

#include <grpcpp/grpcpp.h>

#include "common/rpc/completion_loop.h"
#include "host/guests/agent_stream.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

// One question for a description. Deletes itself when it has come back.
class DescriptionCall : public CompletionTag {
 public:
  static DescriptionCall* Begin(CompletionLoop& loop,
                                const std::shared_ptr<grpc::Channel>& channel,
                                AgentStream* asker) {
    return new DescriptionCall(loop, channel, asker);
  }

  // The asker hears no more of it.
  void Cancel() {
    asker_ = nullptr;
    context_.TryCancel();
  }

  void Complete(bool /*ok*/) override {
    std::unique_ptr<DescriptionCall> self(this);
    if (asker_ != nullptr) asker_->OnDescribed(status_, response_);
  }

 private:
  DescriptionCall(CompletionLoop& loop,
                  const std::shared_ptr<grpc::Channel>& channel,
                  AgentStream* asker)
      : asker_(asker), stub_(v1::AgentService::NewStub(channel)) {
    // Only so that a lost call doesn't stay for ever: gRPC's timers stall when
    // the clock is set back.
    context_.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                       gpr_time_from_seconds(5, GPR_TIMESPAN)));
    reader_ = stub_->AsyncDescribe(&context_, request_, loop.queue());
    reader_->Finish(&response_, &status_, static_cast<CompletionTag*>(this));
  }

  AgentStream* asker_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  v1::DescribeRequest request_;
  v1::DescribeResponse response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::DescribeResponse>>
      reader_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_GUESTS_DESCRIPTION_CALL_H_
