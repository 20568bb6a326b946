#ifndef NOONMARK_GUEST_HUNTER_SET_COUNTER_H_
#define NOONMARK_GUEST_HUNTER_SET_COUNTER_H_

#include <cstdint>

namespace noonmark {

// Counts how often the kernel says that CLOCK_REALTIME was set: a timerfd that
// a set cancels. What was said between two calls counts once. One thread.
class SetCounter {
 public:
  SetCounter();
  ~SetCounter();
  SetCounter(const SetCounter&) = delete;
  SetCounter& operator=(const SetCounter&) = delete;

  // Since the start. Rises at each call where there is no timerfd to be had:
  // without it no glitch can be told from a set, and the hunt
  // proves nothing.
  uint64_t Count();
  // Readable from when the kernel says so until Count() is asked; -1: there is
  // no timerfd to be had.
  int descriptor() const { return timer_; }

 private:
  void Arm();

  int timer_;
  uint64_t count_ = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_HUNTER_SET_COUNTER_H_
