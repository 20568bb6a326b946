#ifndef NOONMARK_GUEST_SERVICE_AGENT_SERVICE_H_
#define NOONMARK_GUEST_SERVICE_AGENT_SERVICE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "guest/service/agent_state.h"
#include "guest/service/describe_call.h"
#include "guest/service/exchange_stream.h"
#include "guest/service/order_desk.h"
#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark {

// AgentService of agent.proto, on the one thread of a completion loop.
class AgentService final : public ExchangeStream::Owner,
                           public DescribeCall::Owner {
 public:
  // A stream more than `most_streams` at once is refused. `corrector` as in
  // OrderDesk.
  AgentService(AgentState state, size_t most_streams, Corrector* corrector);

  // For grpc::ServerBuilder.
  grpc::Service* service() { return &service_; }
  // Waits for calls, as soon as the server runs. `post` as in OrderDesk.
  void Start(grpc::ServerCompletionQueue* queue, OrderDesk::Post post);

  // The kernel says that CLOCK_REALTIME was set: counts it and tells all
  // streams.
  void ClockWasSet();
  // Tells all streams that the hunter's log has a new glitch.
  void GlitchWasFound() { SendEvents(); }
  // Tells all streams that a log has a new line of a time jump.
  void LineWasRead() { SendEvents(); }
  // Begins nothing from now on, for the queue will be shut down.
  void Stop() {
    state_.stopping = true;
    orders_.Stop();
  }

 private:
  bool OnOpened(ExchangeStream* stream) override;
  void OnEnded(ExchangeStream* stream) override;
  void OnCalled(DescribeCall* call) override;
  void OnEnded(DescribeCall* call) override;

  void SendEvents();
  void AcceptStream();
  void AcceptDescribe();

  AgentState state_;
  const size_t most_streams_;
  v1::AgentService::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  // The last of each was not called yet, the others are being served.
  std::vector<std::unique_ptr<ExchangeStream>> streams_;
  std::vector<std::unique_ptr<DescribeCall>> describes_;
  OrderDesk orders_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_AGENT_SERVICE_H_
