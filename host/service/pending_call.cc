#include "host/service/pending_call.h"

#include <string>

namespace noonmark {

std::pair<grpc::ServerUnaryReactor*, PendingCall::End> PendingCall::Make() {
  auto state = std::make_shared<State>();
  auto* call = new PendingCall(state);
  {
    MutexLock lock(state->mutex);
    state->call = call;
  }
  return {call, [state](const absl::Status& status,
                        const std::function<void()>& fill) {
            PendingCall* open = nullptr;
            {
              MutexLock lock(state->mutex);
              open = std::exchange(state->call, nullptr);
              // Under the lock: the response lives until Finish().
              if (open != nullptr && status.ok()) fill();
            }
            if (open == nullptr) return;
            open->Finish({static_cast<grpc::StatusCode>(status.code()),
                          std::string(status.message())});
          }};
}

void PendingCall::OnCancel() {
  PendingCall* open = nullptr;
  {
    MutexLock lock(state_->mutex);
    open = std::exchange(state_->call, nullptr);
  }
  if (open != nullptr) open->Finish(grpc::Status::CANCELLED);
}

}  // namespace noonmark
