#include "host/inventory/watching_hypervisor.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "host/inventory/back_off.h"

namespace noonmark {
namespace {

// CLOCK_MONOTONIC, on which condition variables wait too.
using SteadyClock = std::chrono::steady_clock;

SteadyClock::duration ForWaiting(absl::Duration d) {
  // A sum of time and wait must not overflow.
  return absl::ToChronoNanoseconds(std::min(d, absl::Hours(24)));
}

}  // namespace

// What both threads and the listeners share. Outlives the WatchingHypervisor
// when a call has to be left behind.
class WatchingHypervisor::Watch
    : public std::enable_shared_from_this<WatchingHypervisor::Watch> {
 public:
  Watch(Connect connect, const Options& options)
      : connect_(std::move(connect)),
        options_(options),
        back_off_(options.retry_first, options.retry_longest, options.seed) {}

  // The thread of the blocking calls.
  void Call();
  // The thread of the observer.
  void Tell(Observer* observer);

  void Stop();
  // False: it is still in a call after `options.farewell`.
  bool WaitForCaller();

  void AddLifecycle(Lifecycle event);
  void Close(uint64_t connection, const std::string& reason);

 private:
  using Report = std::variant<absl::Status, Lifecycle, std::vector<Domain>>;
  class EventsOf;

  // Until the connection breaks or Stop().
  absl::Status Serve(Connection& connection);
  void Add(Report report);
  // Around each call that may block: the teller looks at its watch meanwhile.
  template <typename F>
  auto Blocking(F call);

  const Connect connect_;
  const Options options_;
  BackOff back_off_;  // caller's

  std::mutex mutex_;
  // The rest is guarded by mutex_.
  std::condition_variable for_caller_;
  std::condition_variable for_teller_;
  std::condition_variable for_destructor_;
  bool stopped_ = false;
  bool caller_done_ = false;
  std::deque<Report> reports_;
  bool list_wanted_ = false;
  // Counts connections, so that a late word of the last one is not taken for
  // one of this.
  uint64_t connection_ = 0;
  std::optional<std::string> closed_;
  // When the call that goes on will have tried the patience. Absent: there is
  // none, or that was told.
  std::optional<SteadyClock::time_point> overdue_;
};

// Who listens does not keep the Watch alive, which keeps the connection alive.
class WatchingHypervisor::Watch::EventsOf final : public Connection::Listener {
 public:
  EventsOf(std::weak_ptr<Watch> watch, uint64_t connection)
      : watch_(std::move(watch)), connection_(connection) {}
  void OnLifecycle(Lifecycle event) override {
    if (const auto watch = watch_.lock()) watch->AddLifecycle(std::move(event));
  }
  void OnClosed(const std::string& reason) override {
    if (const auto watch = watch_.lock()) watch->Close(connection_, reason);
  }

 private:
  const std::weak_ptr<Watch> watch_;
  const uint64_t connection_;
};

void WatchingHypervisor::Watch::Add(Report report) {
  const std::lock_guard lock(mutex_);
  // Only the newest list counts.
  if (!reports_.empty() && reports_.back().index() == report.index() &&
      std::holds_alternative<std::vector<Domain>>(report)) {
    reports_.pop_back();
  }
  reports_.push_back(std::move(report));
  for_teller_.notify_one();
}

void WatchingHypervisor::Watch::AddLifecycle(Lifecycle event) {
  Add(std::move(event));
  const std::lock_guard lock(mutex_);
  list_wanted_ = true;
  for_caller_.notify_one();
}

void WatchingHypervisor::Watch::Close(uint64_t connection,
                                      const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (connection != connection_) return;
  closed_ = reason;
  for_caller_.notify_one();
}

template <typename F>
auto WatchingHypervisor::Watch::Blocking(F call) {
  {
    const std::lock_guard lock(mutex_);
    overdue_ = SteadyClock::now() + ForWaiting(options_.patience);
    for_teller_.notify_one();
  }
  auto result = call();
  const std::lock_guard lock(mutex_);
  overdue_.reset();
  return result;
}

absl::Status WatchingHypervisor::Watch::Serve(Connection& connection) {
  for (;;) {
    {
      // Connecting may have taken long.
      const std::lock_guard lock(mutex_);
      if (stopped_) return absl::CancelledError("stopped");
    }
    auto domains = Blocking([&] { return connection.ListDomains(); });
    if (!domains.ok()) return domains.status();
    back_off_.Reset();
    Add(absl::OkStatus());
    Add(*std::move(domains));

    std::unique_lock lock(mutex_);
    for_caller_.wait_for(lock, ForWaiting(options_.refresh), [this] {
      return stopped_ || list_wanted_ || closed_.has_value();
    });
    list_wanted_ = false;
    if (closed_.has_value()) return absl::UnavailableError(*closed_);
  }
}

void WatchingHypervisor::Watch::Call() {
  for (;;) {
    uint64_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) break;
      number = ++connection_;
      closed_.reset();
      list_wanted_ = false;
    }
    auto connection = Blocking([&] {
      return connect_(std::make_shared<EventsOf>(weak_from_this(), number));
    });
    absl::Status status = connection.status();
    if (connection.ok()) {
      status = Serve(**connection);
      Blocking([&] {
        connection->reset();
        return true;
      });
    }
    Add(std::move(status));

    std::unique_lock lock(mutex_);
    for_caller_.wait_for(lock, ForWaiting(back_off_.Next()),
                         [this] { return stopped_; });
  }
  const std::lock_guard lock(mutex_);
  caller_done_ = true;
  for_destructor_.notify_one();
}

void WatchingHypervisor::Watch::Tell(Observer* observer) {
  std::optional<absl::Status> told;
  const auto tell_status = [&](const absl::Status& status) {
    if (told == status) return;
    told = status;
    observer->OnConnection(status);
  };
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_) return;
    if (!reports_.empty()) {
      Report report = std::move(reports_.front());
      reports_.pop_front();
      lock.unlock();
      if (auto* status = std::get_if<absl::Status>(&report)) {
        tell_status(*status);
      } else if (auto* event = std::get_if<Lifecycle>(&report)) {
        observer->OnLifecycle(*event);
      } else {
        observer->OnDomains(std::get<std::vector<Domain>>(std::move(report)));
      }
      lock.lock();
    } else if (!overdue_.has_value()) {
      for_teller_.wait(lock);
    } else if (SteadyClock::now() < *overdue_) {
      // A copy: the other thread may clear it meanwhile.
      const SteadyClock::time_point until = *overdue_;
      for_teller_.wait_until(lock, until);
    } else {
      overdue_.reset();
      lock.unlock();
      tell_status(absl::DeadlineExceededError(absl::StrCat(
          "no answer for ", absl::FormatDuration(options_.patience))));
      lock.lock();
    }
  }
}

void WatchingHypervisor::Watch::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for_caller_.notify_one();
  for_teller_.notify_one();
}

bool WatchingHypervisor::Watch::WaitForCaller() {
  std::unique_lock lock(mutex_);
  return for_destructor_.wait_for(lock, ForWaiting(options_.farewell),
                                  [this] { return caller_done_; });
}

WatchingHypervisor::WatchingHypervisor(Connect connect, const Options& options)
    : watch_(std::make_shared<Watch>(std::move(connect), options)) {}

WatchingHypervisor::~WatchingHypervisor() {
  if (!caller_.joinable()) return;  // never started
  watch_->Stop();
  teller_.join();
  if (watch_->WaitForCaller()) {
    caller_.join();
  } else {
    caller_.detach();
  }
}

void WatchingHypervisor::Start(Observer* observer) {
  caller_ = std::thread([watch = watch_] { watch->Call(); });
  teller_ = std::thread([watch = watch_, observer] { watch->Tell(observer); });
}

}  // namespace noonmark
