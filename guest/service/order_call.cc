#include "guest/service/order_call.h"

#include "common/rpc/order_wire.h"
#include "guest/service/method_tag.h"

namespace noonmark {
namespace {

// kRequest is the method of AsyncService that waits for the call.
template <typename Request, typename Response, auto kRequest>
class CallOf final : public OrderCall {
 public:
  CallOf(Owner* owner, const char* method) : owner_(owner), method_(method) {}
  CallOf(const CallOf&) = delete;
  CallOf& operator=(const CallOf&) = delete;

  void Accept(v1::AgentService::AsyncService* service,
              grpc::ServerCompletionQueue* queue) override {
    (service->*kRequest)(&context_, &request_, &writer_, queue, queue,
                         accepted_.tag());
  }
  std::unique_ptr<OrderCall> Another() const override {
    return std::make_unique<CallOf>(owner_, method_);
  }
  void Answer(const OperationStatus& status) override {
    Response response;
    EncodeOperationStatus(status, response.mutable_status());
    writer_.Finish(response, grpc::Status::OK, finished_.tag());
  }
  void Fail(const grpc::Status& why) override {
    writer_.FinishWithError(why, finished_.tag());
  }

 private:
  void OnAccepted(bool ok) {
    if (!ok || owner_->IsStopping()) return owner_->OnEnded(this);
    if (const grpc::Status status = owner_->OnOrder(this, context_, method_);
        !status.ok()) {
      return Fail(status);
    }
    const absl::StatusOr<Order> order = DecodeOrder(request_);
    if (!order.ok()) {
      return Fail({grpc::StatusCode::INVALID_ARGUMENT,
                   std::string(order.status().message())});
    }
    owner_->OnDecoded(this, *order);
  }
  void OnFinished(bool /*ok*/) { owner_->OnEnded(this); }

  Owner* const owner_;
  const char* const method_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<Response> writer_{&context_};
  MethodTag<CallOf> accepted_{this, &CallOf::OnAccepted};
  MethodTag<CallOf> finished_{this, &CallOf::OnFinished};
};

using Service = v1::AgentService::AsyncService;

}  // namespace

std::unique_ptr<OrderCall> OrderCall::Quiesce(Owner* owner) {
  return std::make_unique<CallOf<v1::QuiesceRequest, v1::QuiesceResponse,
                                 &Service::RequestQuiesce>>(
      owner, "/noonmark.v1.AgentService/Quiesce");
}

std::unique_ptr<OrderCall> OrderCall::Correct(Owner* owner) {
  return std::make_unique<CallOf<v1::CorrectRequest, v1::CorrectResponse,
                                 &Service::RequestCorrect>>(
      owner, "/noonmark.v1.AgentService/Correct");
}

std::unique_ptr<OrderCall> OrderCall::Resume(Owner* owner) {
  return std::make_unique<
      CallOf<v1::ResumeRequest, v1::ResumeResponse, &Service::RequestResume>>(
      owner, "/noonmark.v1.AgentService/Resume");
}

std::unique_ptr<OrderCall> OrderCall::Status(Owner* owner) {
  return std::make_unique<
      CallOf<v1::StatusRequest, v1::StatusResponse, &Service::RequestStatus>>(
      owner, "/noonmark.v1.AgentService/Status");
}

}  // namespace noonmark
