#ifndef NOONMARK_TESTS_SIMULATION_IN_ORDER_H_
#define NOONMARK_TESTS_SIMULATION_IN_ORDER_H_

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "common/sync/mutex.h"

namespace noonmark::simulation {

// Does work(0) ... work(count - 1) on `threads` processors (0: all) and hands
// each result to `merge`, on this thread and in that order: what comes out is
// the same on any number of them. work() must share nothing. merge() returns
// false to stop.
template <typename Result>
void InOrder(uint64_t count, const std::function<Result(uint64_t)>& work,
             const std::function<bool(uint64_t, Result)>& merge,
             unsigned threads = 0) {
  constexpr uint64_t kAhead = 256;  // how many results may wait
  Mutex mutex;
  std::condition_variable_any changed;
  std::map<uint64_t, Result> waiting;
  uint64_t next = 0;
  uint64_t merged = 0;

  const auto help = [&] {
    while (true) {
      uint64_t mine = 0;
      {
        MutexLock lock(mutex);
        while (next < count && next >= merged + kAhead) changed.wait(mutex);
        if (next >= count) return;
        mine = next++;
      }
      Result result = work(mine);
      MutexLock lock(mutex);
      waiting.emplace(mine, std::move(result));
      changed.notify_all();
    }
  };
  std::vector<std::thread> helpers;
  if (threads == 0) threads = std::thread::hardware_concurrency();
  for (unsigned i = std::max(1u, threads); i > 0; --i) {
    helpers.emplace_back(help);
  }
  for (uint64_t i = 0; i < count; ++i) {
    Result result;
    {
      MutexLock lock(mutex);
      while (waiting.count(i) == 0) changed.wait(mutex);
      result = std::move(waiting.extract(i).mapped());
    }
    const bool go_on = merge(i, std::move(result));
    MutexLock lock(mutex);
    merged = i + 1;
    if (!go_on) count = i + 1;
    changed.notify_all();
  }
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_IN_ORDER_H_
