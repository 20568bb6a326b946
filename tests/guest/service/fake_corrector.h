#ifndef NOONMARK_TESTS_GUEST_SERVICE_FAKE_CORRECTOR_H_
#define NOONMARK_TESTS_GUEST_SERVICE_FAKE_CORRECTOR_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "guest/service/corrector.h"

namespace noonmark::testing {

// A corrector that keeps what it is asked, and answers when the test says so.
class FakeCorrector final : public Corrector {
 public:
  // From now on at once, from within Ask().
  void AnswerAtOnce(absl::StatusOr<OperationStatus> answer) {
    const std::lock_guard lock(mutex_);
    at_once_ = std::move(answer);
  }

  void Ask(const Order& order, Answer answer) override {
    std::unique_lock lock(mutex_);
    orders_.push_back(order);
    asked_.notify_all();
    if (at_once_.has_value()) {
      const absl::StatusOr<OperationStatus> now = *at_once_;
      lock.unlock();
      return answer(now);
    }
    waiting_.push_back(std::move(answer));
  }

  // Until so many orders have come. False: they never did.
  bool WaitForOrders(size_t count) {
    std::unique_lock lock(mutex_);
    return asked_.wait_for(lock, std::chrono::minutes(1),
                           [&] { return orders_.size() >= count; });
  }
  std::vector<Order> orders() {
    const std::lock_guard lock(mutex_);
    return orders_;
  }
  // Those that wait, each once.
  std::vector<Answer> TakeWaiting() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable asked_;
  std::vector<Order> orders_;
  std::vector<Answer> waiting_;
  std::optional<absl::StatusOr<OperationStatus>> at_once_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_GUEST_SERVICE_FAKE_CORRECTOR_H_
