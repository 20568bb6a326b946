#ifndef NOONMARK_GUEST_UNITS_EVENT_LOOP_H_
#define NOONMARK_GUEST_UNITS_EVENT_LOOP_H_

#include <systemd/sd-event.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace noonmark {

// sd-event (libsystemd) with C++ functions. One thread.
class EventLoop {
 public:
  // Of a descriptor that is ready.
  using Ready = std::function<void()>;

  // Something that is waited for, until the object ends or Stop().
  class Source {
   public:
    Source() = default;
    explicit operator bool() const { return source_ != nullptr; }
    void Stop() { source_.reset(); }

   private:
    friend class EventLoop;
    struct Disable {
      void operator()(sd_event_source* source) const {
        sd_event_source_disable_unref(source);
      }
    };
    std::unique_ptr<sd_event_source, Disable> source_;
  };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  sd_event* get() const { return event_; }

  // Calls `then` once, `from_now` on CLOCK_BOOTTIME, from Run(); zero: as soon
  // as it can. No setting of the clock delays it.
  [[nodiscard]] Source After(absl::Duration from_now,
                             std::function<void()> then);
  // Calls `then` whenever the descriptor can be read.
  [[nodiscard]] Source WhenReadable(int file, Ready then);
  // Calls `then` from Run(), as soon as it can, or `from_now` as After().
  // Cannot be taken back.
  void Soon(std::function<void()> then);
  void Later(absl::Duration from_now, std::function<void()> then);

  // SIGTERM and SIGINT end Run(); they must be blocked in this thread.
  void StopAtSignals();
  // Pings systemd's watchdog from within the loop, where one was asked for.
  void PingWatchdog();

  // Until Stop(), or no more than one round.
  void Run();
  void RunOnce(absl::Duration at_most);
  void Stop();

 private:
  sd_event* event_ = nullptr;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_UNITS_EVENT_LOOP_H_
