#ifndef NOONMARK_GUEST_SERVICE_EXCHANGE_STREAM_H_
#define NOONMARK_GUEST_SERVICE_EXCHANGE_STREAM_H_

#include <cstdint>
#include <optional>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "common/estimate/exchange.h"
#include "common/rpc/caller.h"
#include "guest/service/agent_state.h"
#include "guest/service/method_tag.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

// One Exchange stream, from waiting for it to its end.
//
// One read is outstanding nearly always: T2 is the arrival, whatever else is
// going on. One write is outstanding at most: an answer and an event that come
// meanwhile wait for it, and further events become one.
class ExchangeStream {
 public:
  class Owner {
   public:
    // The stream was opened; another is to be waited for. False: it is one too
    // many.
    virtual bool OnOpened(ExchangeStream* stream) = 0;
    // Nothing is outstanding any more; may delete the stream.
    virtual void OnEnded(ExchangeStream* stream) = 0;

   protected:
    ~Owner() = default;
  };

  ExchangeStream(AgentState* state, Owner* owner);
  ExchangeStream(const ExchangeStream&) = delete;
  ExchangeStream& operator=(const ExchangeStream&) = delete;

  // Waits for a host to open it.
  void Accept(v1::AgentService::AsyncService* service,
              grpc::ServerCompletionQueue* queue);
  // Tells the host of the newest discontinuity, glitch or line of a log, if one
  // listens.
  void SendEvent();

 private:
  void OnAccepted(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);

  void Receive(const ClockReading& received);
  void EndWith(const grpc::Status& status);
  void Proceed();
  void Answer();
  // What others of the agent found out.
  void AddNews();
  void Write(const v1::ExchangeResponse& response);

  AgentState* const state_;
  Owner* const owner_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<v1::ExchangeResponse, v1::ExchangeRequest>
      stream_{&context_};
  MethodTag<ExchangeStream> accepted_{this, &ExchangeStream::OnAccepted};
  MethodTag<ExchangeStream> read_{this, &ExchangeStream::OnRead};
  MethodTag<ExchangeStream> written_{this, &ExchangeStream::OnWritten};
  MethodTag<ExchangeStream> finished_{this, &ExchangeStream::OnFinished};

  // Reused from exchange to exchange.
  v1::ExchangeRequest request_;
  v1::ExchangeResponse answer_;
  v1::ExchangeResponse event_;
  GuestReading reading_;

  uint64_t last_sequence_ = 0;
  StreamPeer peer_;
  // Outstanding.
  bool reading_request_ = false;
  bool writing_ = false;
  // Waiting for the write to be over.
  bool open_ = false;
  bool answer_due_ = false;
  bool event_due_ = false;
  std::optional<grpc::Status> end_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_EXCHANGE_STREAM_H_
