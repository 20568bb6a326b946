#ifndef NOONMARK_COMMON_RPC_COMPLETION_LOOP_H_
#define NOONMARK_COMMON_RPC_COMPLETION_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/time/monotonic_time.h"

namespace grpc {
class CompletionQueue;
}  // namespace grpc

namespace noonmark {

// What a completion queue gives back: `this` is the tag.
class CompletionTag {
 public:
  virtual ~CompletionTag() = default;
  // On the loop's thread. `ok` is gRPC's.
  virtual void Complete(bool ok) = 0;
};

// One thread on one completion queue, which is the cheapest and the most
// accurate way to serve or ask clocks: nothing is handed over between threads
// from the arrival of a message to the reading of a clock.
//
// Besides completions the loop runs functions posted by other threads, one
// timer, and calls that are due after a time. Timers are timerfds on
// CLOCK_MONOTONIC, watched by a helper thread that wakes the queue: gRPC's own
// timers and AsyncNext's timeout stall when the wall clock is set back.
class CompletionLoop {
 public:
  // `queue` may be a ServerCompletionQueue. The loop shuts it down and drains
  // it.
  explicit CompletionLoop(std::unique_ptr<grpc::CompletionQueue> queue);
  ~CompletionLoop();
  CompletionLoop(const CompletionLoop&) = delete;
  CompletionLoop& operator=(const CompletionLoop&) = delete;

  grpc::CompletionQueue* queue() const;

  // Any thread. `work` runs on the loop's thread, in the order of the calls;
  // after Stop() it may never run.
  void Post(std::function<void()> work);

  // Loop's thread, or before Run(). Calls the function of OnTimer() once, at
  // `when` or as soon after as the loop is free. A later call replaces an
  // earlier one. MonotonicTime of the real CLOCK_MONOTONIC.
  void SetTimer(MonotonicTime when);
  void OnTimer(std::function<void()> tick);

  // Loop's thread, or before Run(). Runs `call` once, on the loop's thread,
  // `delay` from now or as soon after as the loop is free; after Stop() never.
  // TakeBack() before that: it does not run. Of the same moment, in the order
  // of the calls.
  using CallId = uint64_t;  // never 0
  CallId CallAfter(absl::Duration delay, std::function<void()> call);
  // Loop's thread. One that ran, or 0, is no fault.
  void TakeBack(CallId id);

  // Before Run(). `set` runs on the loop's thread whenever the kernel says that
  // CLOCK_REALTIME was set (timerfd, cancel on set).
  void OnClockSet(std::function<void()> set);

  // Before Run(). `stopping` runs on the loop's thread after Stop(), before the
  // queue is shut down. Here a server is shut down and streams are cancelled:
  // the drain waits for every tag, and nothing new may be begun afterwards.
  void OnStop(std::function<void()> stopping);

  // Before Run(). The drain waits no longer than `patience`, then leaves queue
  // and tags behind: a peer that doesn't read can hold an operation of its
  // connection for many seconds after it was cancelled. Only for tags that
  // live as long as they are outstanding, in a program that ends. Without, it
  // waits for every tag.
  void LeaveBehindAfter(absl::Duration patience);

  // Serves until Stop(), then shuts the queue down and drains it.
  void Run();
  // Any thread, and from a function that the loop runs; not a signal handler.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_COMPLETION_LOOP_H_
