#include "host/guests/order_call.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/rpc/order_wire.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {
namespace {

using Stub = v1::AgentService::Stub;

// kMethod begins the call.
template <typename Request, typename Response, auto kMethod>
class CallOf final : public OrderCall, public CompletionTag {
 public:
  template <typename OneOrder>
  CallOf(CompletionLoop& loop, const std::shared_ptr<grpc::Channel>& channel,
         const OneOrder& order, absl::Duration limit, Asker* asker)
      : loop_(loop), asker_(asker), stub_(channel) {
    Request request;
    EncodeOrder(order, &request);
    over_ = loop.CallAfter(limit, [this, limit] { OnOver(limit); });
    reader_ = (stub_.*kMethod)(&context_, request, loop.queue());
    reader_->Finish(&response_, &status_, static_cast<CompletionTag*>(this));
  }
  CallOf(const CallOf&) = delete;
  CallOf& operator=(const CallOf&) = delete;

  void Cancel() override {
    asker_ = nullptr;
    loop_.TakeBack(over_);
    context_.TryCancel();
  }

  void Complete(bool /*ok*/) override {
    const std::unique_ptr<CallOf> self(this);
    loop_.TakeBack(over_);
    if (asker_ == nullptr) return;
    if (!status_.ok()) {
      return asker_->OnOrderAnswered(status_, absl::UnknownError(""));
    }
    asker_->OnOrderAnswered(status_, DecodeOperationStatus(response_.status()));
  }

 private:
  void OnOver(absl::Duration limit) {
    context_.TryCancel();
    std::exchange(asker_, nullptr)
        ->OnOrderAnswered({grpc::StatusCode::DEADLINE_EXCEEDED,
                           absl::StrCat("no answer to an order in ",
                                        absl::FormatDuration(limit))},
                          absl::UnknownError(""));
  }

  CompletionLoop& loop_;
  Asker* asker_;
  Stub stub_;
  CompletionLoop::CallId over_ = 0;
  grpc::ClientContext context_;
  Response response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
};

using QuiesceCall =
    CallOf<v1::QuiesceRequest, v1::QuiesceResponse, &Stub::AsyncQuiesce>;
using CorrectCall =
    CallOf<v1::CorrectRequest, v1::CorrectResponse, &Stub::AsyncCorrect>;
using ResumeCall =
    CallOf<v1::ResumeRequest, v1::ResumeResponse, &Stub::AsyncResume>;
using StatusCall =
    CallOf<v1::StatusRequest, v1::StatusResponse, &Stub::AsyncStatus>;

}  // namespace

OrderCall* OrderCall::Begin(CompletionLoop& loop,
                            const std::shared_ptr<grpc::Channel>& channel,
                            const Order& order, absl::Duration limit,
                            Asker* asker) {
  struct Visitor {
    OrderCall* operator()(const QuiesceOrder& one) const {
      return new QuiesceCall(loop, channel, one, limit, asker);
    }
    OrderCall* operator()(const CorrectOrder& one) const {
      return new CorrectCall(loop, channel, one, limit, asker);
    }
    OrderCall* operator()(const ResumeOrder& one) const {
      return new ResumeCall(loop, channel, one, limit, asker);
    }
    OrderCall* operator()(const StatusOrder& one) const {
      return new StatusCall(loop, channel, one, limit, asker);
    }
    CompletionLoop& loop;
    const std::shared_ptr<grpc::Channel>& channel;
    absl::Duration limit;
    Asker* asker;
  };
  return std::visit(Visitor{loop, channel, limit, asker}, order);
}

}  // namespace noonmark
