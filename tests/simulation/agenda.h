#ifndef NOONMARK_TESTS_SIMULATION_AGENDA_H_
#define NOONMARK_TESTS_SIMULATION_AGENDA_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace noonmark::simulation {

// What is to happen, in virtual time: true time since the world began. What is
// due at the same moment happens in the order in which it was noted.
class Agenda {
 public:
  absl::Duration Time() const { return time_; }

  void At(absl::Duration moment, std::function<void()> deed) {
    deeds_.push({std::max(moment, time_), next_++, std::move(deed)});
  }
  void After(absl::Duration pause, std::function<void()> deed) {
    At(time_ + pause, std::move(deed));
  }

  // Does what is next, if that is not after `end`; false: there is nothing.
  bool DoNext(absl::Duration end) {
    if (deeds_.empty() || deeds_.top().moment > end) {
      time_ = std::max(time_, end);
      return false;
    }
    // Moved out before it runs: it may note more.
    Deed deed = std::move(const_cast<Deed&>(deeds_.top()));
    deeds_.pop();
    time_ = deed.moment;
    deed.what();
    return true;
  }

 private:
  struct Deed {
    absl::Duration moment;
    uint64_t number = 0;
    std::function<void()> what;
    bool operator<(const Deed& other) const {  // the top is the earliest
      return moment > other.moment ||
             (moment == other.moment && number > other.number);
    }
  };

  absl::Duration time_;
  uint64_t next_ = 0;
  std::priority_queue<Deed> deeds_;
};

// Where somebody may die: points are counted as they are passed, the same in
// every run of the same world up to the first death.
class KillPlan {
 public:
  void KillAt(uint64_t point) { points_.push_back(point); }
  // Anything else that happens there.
  void DoAt(uint64_t point, std::function<void()> deed) {
    deeds_.emplace_back(point, std::move(deed));
  }
  // True: die here.
  bool Passes() {
    const uint64_t point = ++passed_;
    for (const auto& [when, deed] : deeds_) {
      if (when == point) deed();
    }
    const bool dies =
        std::find(points_.begin(), points_.end(), point) != points_.end();
    if (dies) ++struck_;
    return dies;
  }
  // The same in the middle of a write, of so many bytes.
  bool PassesWrite(size_t bytes) {
    writes_.emplace_back(passed_ + 1, bytes);
    return Passes();
  }
  uint64_t Passed() const { return passed_; }
  // Which points were in a write, and of how many bytes.
  const std::vector<std::pair<uint64_t, size_t>>& Writes() const {
    return writes_;
  }
  uint64_t Struck() const { return struck_; }
  // No more of it.
  void Stop() {
    points_.clear();
    deeds_.clear();
  }

 private:
  std::vector<uint64_t> points_;
  std::vector<std::pair<uint64_t, std::function<void()>>> deeds_;
  std::vector<std::pair<uint64_t, size_t>> writes_;
  uint64_t passed_ = 0;
  uint64_t struck_ = 0;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_AGENDA_H_
