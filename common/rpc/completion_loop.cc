#include "common/rpc/completion_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include "absl/synchronization/mutex.h"
#include "common/sync/mutex.h"

namespace noonmark {
namespace {

// The kernel gives descriptors and timers, or this process cannot do its work.
int Checked(int result, const char* call) {
  if (result < 0) {
    std::perror(call);
    std::abort();
  }
  return result;
}

// Once in a process.
void PrepareGrpc() {
  static const bool prepared = [] {
    // Debian's abseil looks for deadlocks at every lock and would abort on one
    // that may be: a tenth of an exchange's time.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
    // Held until the process ends. Else the destructor of gRPC's last object
    // shuts it down and waits for a poller of its own: 10 s where a peer
    // didn't read what it was sent.
    grpc_init();
    return true;
  }();
  static_cast<void>(prepared);
}

// Kept where a leak checker finds it.
void LeaveBehind(std::unique_ptr<grpc::CompletionQueue> queue) {
  static auto* const left_behind =
      new std::vector<std::unique_ptr<grpc::CompletionQueue>>;
  left_behind->push_back(std::move(queue));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

  // False: the kernel cancelled it, since the clock was set (ECANCELED).
  bool Drain() const {
    uint64_t count;
    return read(fd_, &count, sizeof(count)) >= 0 || errno != ECANCELED;
  }

 private:
  const int fd_;
};

}  // namespace

// Two threads: the one in Run(), and a helper that sleeps on the descriptors
// and wakes the first. Waking is one completion: an alarm in the past, at most
// one at a time, whose tag is this object.
class CompletionLoop::Impl : public CompletionTag {
 public:
  explicit Impl(std::unique_ptr<grpc::CompletionQueue> queue)
      : queue_(std::move(queue)),
        timer_(
            Checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                    "timerfd_create")),
        calls_timer_(
            Checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                    "timerfd_create")),
        clock_watch_(
            Checked(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC),
                    "timerfd_create")),
        quit_(Checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
    PrepareGrpc();
    WatchClock();
    helper_ = std::thread([this] { Help(); });
  }

  ~Impl() override { Finish(); }

  grpc::CompletionQueue* queue() const { return queue_.get(); }

  void Post(std::function<void()> work) {
    MutexLock lock(mutex_);
    if (stopping_) return;
    posted_.push_back(std::move(work));
    Wake();
  }

  void SetTimer(MonotonicTime when) {
    Arm(timer_, when.Reading());
    timer_set_ = true;
  }

  CallId CallAfter(absl::Duration delay, std::function<void()> call) {
    const Due due{Now() + delay, ++last_call_};
    calls_.emplace(due, std::move(call));
    if (calls_.begin()->first == due) Arm(calls_timer_, due.first);
    return due.second;
  }
  void TakeBack(CallId id) {
    const auto it = std::find_if(
        calls_.begin(), calls_.end(),
        [id](const auto& call) { return call.first.second == id; });
    if (it != calls_.end()) calls_.erase(it);
  }

  void OnTimer(std::function<void()> tick) { tick_ = std::move(tick); }
  void OnClockSet(std::function<void()> set) { set_ = std::move(set); }
  void OnStop(std::function<void()> stopping) { stop_ = std::move(stopping); }
  void LeaveBehindAfter(absl::Duration patience) {
    patience_ =
        gpr_time_from_nanos(absl::ToInt64Nanoseconds(patience), GPR_TIMESPAN);
  }

  void Run() {
    void* tag;
    bool ok;
    while (!Stopping() && queue_->Next(&tag, &ok)) {
      static_cast<CompletionTag*>(tag)->Complete(ok);
    }
    if (stop_) stop_();
    Finish();
  }

  void Stop() {
    MutexLock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    Wake();
  }

  // The wake-up, on the loop's thread.
  void Complete(bool /*ok*/) override {
    std::vector<std::function<void()>> work;
    bool timer_rang;
    bool calls_due;
    bool clock_set;
    {
      MutexLock lock(mutex_);
      waking_ = false;
      work.swap(posted_);
      timer_rang = std::exchange(timer_rang_, false);
      calls_due = std::exchange(calls_due_, false);
      clock_set = std::exchange(clock_was_set_, false);
    }
    for (const std::function<void()>& function : work) {
      if (Stopping()) return;
      function();
    }
    if (clock_set && set_ && !Stopping()) set_();
    // The ring may be that of a timer that was replaced in the meantime.
    if (timer_rang && timer_set_ && TimerExpired() && !Stopping()) {
      timer_set_ = false;
      if (tick_) tick_();
    }
    if (calls_due) MakeCalls();
  }

 private:
  // When it is due, as a reading of CLOCK_MONOTONIC, and its id.
  using Due = std::pair<absl::Duration, CallId>;

  // Of libstdc++, steady_clock is CLOCK_MONOTONIC.
  static absl::Duration Now() {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }

  static void Arm(const Descriptor& timer, absl::Duration when) {
    // Rounded up: never early. Zero would mean never.
    const absl::Duration reading =
        std::max(absl::Ceil(when, absl::Nanoseconds(1)), absl::Nanoseconds(1));
    itimerspec spec = {};
    spec.it_value = absl::ToTimespec(reading);
    Checked(timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &spec, nullptr),
            "timerfd_settime");
  }

  // Those that are due by now; a call may bring more of them, or take some
  // back.
  void MakeCalls() {
    const absl::Duration now = Now();
    while (!calls_.empty() && calls_.begin()->first.first <= now &&
           !Stopping()) {
      const std::function<void()> call = std::move(calls_.begin()->second);
      calls_.erase(calls_.begin());
      call();
    }
    if (!calls_.empty()) Arm(calls_timer_, calls_.begin()->first.first);
  }

  bool Stopping() {
    MutexLock lock(mutex_);
    return stopping_;
  }

  // Under the lock, so that no alarm is set on a queue that is shut down.
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (waking_ || finished_) return;
    waking_ = true;
    alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC),
               static_cast<CompletionTag*>(this));
  }

  bool TimerExpired() const {
    itimerspec left;
    Checked(timerfd_gettime(timer_.get(), &left), "timerfd_gettime");
    return left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0;
  }

  // True: the clock was set since the last call.
  bool WatchClock() {
    itimerspec never = {};
    never.it_value.tv_sec = std::numeric_limits<time_t>::max();
    const int result = timerfd_settime(
        clock_watch_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
        nullptr);
    // It is armed even so.
    if (result < 0 && errno == ECANCELED) return true;
    Checked(result, "timerfd_settime");
    return false;
  }

  // The helper's thread.
  void Help() {
    pollfd watched[] = {{timer_.get(), POLLIN, 0},
                        {clock_watch_.get(), POLLIN, 0},
                        {quit_.get(), POLLIN, 0},
                        {calls_timer_.get(), POLLIN, 0}};
    while (true) {
      if (poll(watched, std::size(watched), -1) < 0) {
        if (errno == EINTR) continue;
        Checked(-1, "poll");
      }
      if (watched[2].revents != 0) return;
      const bool rang = watched[0].revents != 0;
      if (rang) timer_.Drain();
      bool set = watched[1].revents != 0 && !clock_watch_.Drain();
      if (watched[1].revents != 0) set |= WatchClock();
      const bool due = watched[3].revents != 0;
      if (due) calls_timer_.Drain();

      MutexLock lock(mutex_);
      timer_rang_ |= rang;
      clock_was_set_ |= set;
      calls_due_ |= due;
      if (rang || set || due) Wake();
    }
  }

  // Ends the helper, shuts the queue down and drains it. Idempotent.
  void Finish() {
    {
      MutexLock lock(mutex_);
      if (finished_) return;
      finished_ = stopping_ = true;
    }
    const uint64_t one = 1;
    Checked(static_cast<int>(write(quit_.get(), &one, sizeof(one))), "write");
    helper_.join();
    queue_->Shutdown();
    // gRPC's time will do: at worst the end takes longer.
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), patience_);
    void* tag;
    bool ok;
    while (true) {
      switch (queue_->AsyncNext(&tag, &ok, deadline)) {
        case grpc::CompletionQueue::GOT_EVENT:
          static_cast<CompletionTag*>(tag)->Complete(ok);
          break;
        case grpc::CompletionQueue::SHUTDOWN:
          return;
        case grpc::CompletionQueue::TIMEOUT:
          LeaveBehind(std::move(queue_));
          return;
      }
    }
  }

  std::unique_ptr<grpc::CompletionQueue> queue_;  // null: left behind
  const Descriptor timer_;
  const Descriptor calls_timer_;
  const Descriptor clock_watch_;
  const Descriptor quit_;
  std::thread helper_;

  // Of the loop's thread.
  std::function<void()> tick_;
  std::function<void()> set_;
  std::function<void()> stop_;
  gpr_timespec patience_ = gpr_inf_future(GPR_TIMESPAN);
  bool timer_set_ = false;
  std::map<Due, std::function<void()>> calls_;
  CallId last_call_ = 0;

  Mutex mutex_;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool calls_due_ ABSL_GUARDED_BY(mutex_) = false;
  bool timer_rang_ ABSL_GUARDED_BY(mutex_) = false;
  bool clock_was_set_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
};

CompletionLoop::CompletionLoop(std::unique_ptr<grpc::CompletionQueue> queue)
    : impl_(std::make_unique<Impl>(std::move(queue))) {}
CompletionLoop::~CompletionLoop() = default;

grpc::CompletionQueue* CompletionLoop::queue() const { return impl_->queue(); }
void CompletionLoop::Post(std::function<void()> work) {
  impl_->Post(std::move(work));
}
void CompletionLoop::SetTimer(MonotonicTime when) { impl_->SetTimer(when); }
void CompletionLoop::OnTimer(std::function<void()> tick) {
  impl_->OnTimer(std::move(tick));
}
CompletionLoop::CallId CompletionLoop::CallAfter(absl::Duration delay,
                                                 std::function<void()> call) {
  return impl_->CallAfter(delay, std::move(call));
}
void CompletionLoop::TakeBack(CallId id) { impl_->TakeBack(id); }
void CompletionLoop::OnClockSet(std::function<void()> set) {
  impl_->OnClockSet(std::move(set));
}
void CompletionLoop::OnStop(std::function<void()> stopping) {
  impl_->OnStop(std::move(stopping));
}
void CompletionLoop::LeaveBehindAfter(absl::Duration patience) {
  impl_->LeaveBehindAfter(patience);
}
void CompletionLoop::Run() { impl_->Run(); }
void CompletionLoop::Stop() { impl_->Stop(); }

}  // namespace noonmark
