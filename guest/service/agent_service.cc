#include "guest/service/agent_service.h"

#include <algorithm>
#include <utility>

namespace noonmark {
namespace {

template <typename T>
void Remove(std::vector<std::unique_ptr<T>>* all, T* one) {
  all->erase(std::find_if(
      all->begin(), all->end(),
      [one](const std::unique_ptr<T>& each) { return each.get() == one; }));
}

}  // namespace

AgentService::AgentService(AgentState state, size_t most_streams,
                           Corrector* corrector)
    : state_(std::move(state)),
      most_streams_(most_streams),
      orders_(corrector, state_.local) {}

void AgentService::Start(grpc::ServerCompletionQueue* queue,
                         OrderDesk::Post post) {
  queue_ = queue;
  AcceptStream();
  AcceptDescribe();
  orders_.Start(&service_, queue, std::move(post));
}

void AgentService::ClockWasSet() {
  ++state_.discontinuities;
  SendEvents();
}

void AgentService::SendEvents() {
  // By index: an event that cannot be sent may end its stream.
  for (size_t i = streams_.size(); i-- > 0;) streams_[i]->SendEvent();
}

bool AgentService::OnOpened(ExchangeStream* /*stream*/) {
  const bool room = streams_.size() <= most_streams_;
  AcceptStream();
  return room;
}

void AgentService::OnEnded(ExchangeStream* stream) {
  Remove(&streams_, stream);
}

void AgentService::OnCalled(DescribeCall* /*call*/) { AcceptDescribe(); }

void AgentService::OnEnded(DescribeCall* call) { Remove(&describes_, call); }

void AgentService::AcceptStream() {
  streams_.push_back(std::make_unique<ExchangeStream>(&state_, this));
  streams_.back()->Accept(&service_, queue_);
}

void AgentService::AcceptDescribe() {
  describes_.push_back(std::make_unique<DescribeCall>(&state_, this));
  describes_.back()->Accept(&service_, queue_);
}

}  // namespace noonmark
