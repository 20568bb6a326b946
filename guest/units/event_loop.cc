#include "guest/units/event_loop.h"

#include <signal.h>
#include <sys/epoll.h>

#include <cstdlib>
#include <ctime>
#include <utility>

namespace noonmark {
namespace {

// What a source was made with, deleted with it.
template <typename T>
void DeleteLater(sd_event_source* source) {
  sd_event_source_set_destroy_callback(
      source, [](void* data) { delete static_cast<T*>(data); });
}

// Out of memory or descriptors: whoever waits for something that never comes
// is worse off than one that ends and is started again.
void Check(int result) {
  if (result < 0) std::abort();
}

struct Once {
  std::function<void()> then;
};

}  // namespace

EventLoop::EventLoop() { Check(sd_event_new(&event_)); }

EventLoop::~EventLoop() { sd_event_unref(event_); }

EventLoop::Source EventLoop::After(absl::Duration from_now,
                                   std::function<void()> then) {
  const uint64_t microseconds =
      from_now <= absl::ZeroDuration()
          ? 0
          : static_cast<uint64_t>(absl::ToInt64Microseconds(from_now));
  auto* once = new Once{std::move(then)};
  sd_event_source* source = nullptr;
  Check(sd_event_add_time_relative(
      event_, &source, CLOCK_BOOTTIME, microseconds, 1,
      [](sd_event_source* /*source*/, uint64_t /*at*/, void* data) {
        // The call may end its own source, and what it holds with it.
        const std::function<void()> now = static_cast<Once*>(data)->then;
        now();
        return 0;
      },
      once));
  DeleteLater<Once>(source);
  Source held;
  held.source_.reset(source);
  return held;
}

EventLoop::Source EventLoop::WhenReadable(int file, Ready then) {
  auto* ready = new Ready(std::move(then));
  sd_event_source* source = nullptr;
  Check(sd_event_add_io(
      event_, &source, file, EPOLLIN,
      [](sd_event_source* /*source*/, int /*file*/, uint32_t /*events*/,
         void* data) {
        const Ready now = *static_cast<Ready*>(data);
        now();
        return 0;
      },
      ready));
  DeleteLater<Ready>(source);
  Source held;
  held.source_.reset(source);
  return held;
}

void EventLoop::Soon(std::function<void()> then) {
  auto* once = new Once{std::move(then)};
  sd_event_source* source = nullptr;
  Check(sd_event_add_defer(
      event_, &source,
      [](sd_event_source* self, void* data) {
        const std::function<void()> now = static_cast<Once*>(data)->then;
        sd_event_source_set_floating(self, 0);  // ends it
        now();
        return 0;
      },
      once));
  DeleteLater<Once>(source);
  // The loop's own, so that it goes with the loop where that ends before.
  Check(sd_event_source_set_floating(source, 1));
  sd_event_source_unref(source);
}

void EventLoop::Later(absl::Duration from_now, std::function<void()> then) {
  // It holds itself until it was called.
  const auto source = std::make_shared<Source>();
  *source = After(from_now, [source, then = std::move(then)] {
    source->Stop();
    then();
  });
}

void EventLoop::StopAtSignals() {
  for (const int signal : {SIGTERM, SIGINT}) {
    Check(sd_event_add_signal(event_, nullptr, signal, nullptr, nullptr));
  }
}

void EventLoop::PingWatchdog() { Check(sd_event_set_watchdog(event_, 1)); }

void EventLoop::Run() { Check(sd_event_loop(event_)); }

void EventLoop::RunOnce(absl::Duration at_most) {
  Check(sd_event_run(
      event_, static_cast<uint64_t>(absl::ToInt64Microseconds(at_most))));
}

void EventLoop::Stop() { sd_event_exit(event_, 0); }

}  // namespace noonmark
