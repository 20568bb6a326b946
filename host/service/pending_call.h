#ifndef NOONMARK_HOST_SERVICE_PENDING_CALL_H_
#define NOONMARK_HOST_SERVICE_PENDING_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "common/sync/mutex.h"

namespace noonmark {

// A call whose answer comes later and from another thread, or never: then it
// ends with its caller or its server.
//
//   auto [reactor, end] = PendingCall::Make();
//   ask([end = end, response](const Answer& answer) {
//     end(answer.status(), [&] { response->set_id(answer.id()); });
//   });
//   return reactor;
class PendingCall final : public grpc::ServerUnaryReactor {
 public:
  // Ends the call with `status`; `fill` writes the response before, if that is
  // OK and the call is not over already. Any thread, any number of times.
  using End = std::function<void(const absl::Status& status,
                                 const std::function<void()>& fill)>;

  static std::pair<grpc::ServerUnaryReactor*, End> Make();

 private:
  // Outlives the call: an answer may come after its end.
  struct State {
    Mutex mutex;
    PendingCall* call ABSL_GUARDED_BY(mutex) = nullptr;  // null: it is over
  };

  explicit PendingCall(std::shared_ptr<State> state)
      : state_(std::move(state)) {}
  void OnCancel() override;
  void OnDone() override { delete this; }

  const std::shared_ptr<State> state_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_PENDING_CALL_H_
