#ifndef NOONMARK_TESTS_SUPPORT_RECORDING_OBSERVER_H_
#define NOONMARK_TESTS_SUPPORT_RECORDING_OBSERVER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "host/inventory/hypervisor.h"

namespace noonmark::testing {

// Keeps all that a hypervisor tells, and lets a test wait for more.
class RecordingObserver final : public Hypervisor::Observer {
 public:
  struct Told {
    std::vector<std::vector<Domain>> lists;
    std::vector<Lifecycle> events;
    std::vector<absl::Status> statuses;

    bool Connected() const { return !statuses.empty() && statuses.back().ok(); }
  };

  void OnDomains(std::vector<Domain> domains) override {
    Change([&](Told& told) { told.lists.push_back(std::move(domains)); });
  }
  void OnLifecycle(const Lifecycle& event) override {
    Change([&](Told& told) { told.events.push_back(event); });
  }
  void OnConnection(const absl::Status& status) override {
    Change([&](Told& told) { told.statuses.push_back(status); });
  }

  // Until `condition` holds. False: it never did, which takes a minute.
  bool WaitUntil(const std::function<bool(const Told&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1),
                             [&] { return condition(told_); });
  }

  Told told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  void Change(const std::function<void(Told&)>& change) {
    const std::lock_guard lock(mutex_);
    change(told_);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Told told_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_RECORDING_OBSERVER_H_
