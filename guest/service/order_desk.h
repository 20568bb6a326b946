#ifndef NOONMARK_GUEST_SERVICE_ORDER_DESK_H_
#define NOONMARK_GUEST_SERVICE_ORDER_DESK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "common/trust/access.h"
#include "guest/service/corrector.h"
#include "guest/service/order_call.h"

namespace noonmark {

// Takes orders, hands them to the corrector, and brings its answers back. Of
// the loop's thread, on which nothing here ever waits.
class OrderDesk final : public OrderCall::Owner {
 public:
  // Orders that are not answered yet; one more is refused.
  static constexpr size_t kMostOrders = 8;
  // Any thread; runs on the loop's, or never if the loop has ended.
  using Post = std::function<void(std::function<void()> work)>;

  // `corrector` must outlive the desk; null: there is none. `local`: as whom
  // calls without a certificate come.
  OrderDesk(Corrector* corrector, Caller local)
      : corrector_(corrector), local_(local) {}
  ~OrderDesk();
  OrderDesk(const OrderDesk&) = delete;
  OrderDesk& operator=(const OrderDesk&) = delete;

  // Waits for calls, as soon as the server runs.
  void Start(v1::AgentService::AsyncService* service,
             grpc::ServerCompletionQueue* queue, Post post);
  // Ends the orders that wait for an answer; begins nothing from now on.
  void Stop();

 private:
  class Door;

  bool IsStopping() const override { return stopping_; }
  grpc::Status OnOrder(OrderCall* call, const grpc::ServerContext& context,
                       absl::string_view method) override;
  void OnDecoded(OrderCall* call, const Order& order) override;
  void OnEnded(OrderCall* call) override;

  void Accept(std::unique_ptr<OrderCall> call);
  void OnAnswer(uint64_t number, const absl::StatusOr<OperationStatus>& answer);

  Corrector* const corrector_;
  const Caller local_;
  v1::AgentService::AsyncService* service_ = nullptr;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  // By which answers come in; it stays behind for those that come too late.
  std::shared_ptr<Door> door_;
  bool stopping_ = false;
  // Of each kind one was not called yet; the others are being served.
  std::vector<std::unique_ptr<OrderCall>> calls_;
  // Those that the corrector was asked about.
  std::map<uint64_t, OrderCall*> asked_;
  uint64_t last_number_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_ORDER_DESK_H_
