#ifndef NOONMARK_COMMON_DETECT_PAUSE_LOG_H_
#define NOONMARK_COMMON_DETECT_PAUSE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"

namespace noonmark {

// Why libvirt let a guest run no longer.
enum class PauseKind : uint8_t { kPaused, kSaved, kMoved };

// What libvirt told of pauses over some time, and what that proves of how long
// the guest did not run.
struct ToldPauses {
  // Of all together. `hi` is infinite where nobody heard when one began.
  Interval lasted;
  // The same from event to event. Absent: not all events were heard.
  std::optional<absl::Duration> heard;
  int count = 0;
  // Of the last.
  PauseKind kind = PauseKind::kPaused;
};

// "libvirt paused it for 90.0 s", "libvirt saved it 2 times, for 0.5 s to 91.0
// s in all".
std::string InWords(const ToldPauses& pauses);

// The pauses of one guest, as libvirt's events and lists tell them.
//
// An event bears no time of its own: what it tells of happened before it was
// heard, by no more than kLatency. An event that was not heard, for want of a
// connection, leaves one side of a pause open; what was listed before and
// after, and the guest's own answers, narrow it. All moments are the host's,
// and come in their order. O(1) in time and in memory.
class PauseLog {
 public:
  static constexpr absl::Duration kLatency = absl::Seconds(1);

  // Events of libvirt, heard at `at`: it was paused; it runs again, here.
  void OnPaused(PauseKind kind, MonotonicTime at);
  void OnResumed(MonotonicTime at);

  // libvirt lists it as paused, or as running.
  void OnListedPaused(MonotonicTime at);
  void OnListedRunning(MonotonicTime at);

  // It answered a question: it ran at some moment between the two.
  void OnAnswer(MonotonicTime asked, MonotonicTime answered);

  // What was told of pauses that touch the time from `begin` to `end`, in which
  // all that they did to its clocks was done, and that were not counted yet.
  // Absent: nothing.
  std::optional<ToldPauses> Between(MonotonicTime begin,
                                    MonotonicTime end) const;
  // What was told of those that ended by then is counted, and no more later.
  void Count(MonotonicTime ended_by);
  // Nothing is paused that was, and nothing of earlier pauses matters.
  void Forget();

  // It is paused, as far as was heard.
  bool open() const { return !pauses_.empty() && pauses_.back().open; }
  // Why; only while open().
  PauseKind kind() const { return pauses_.back().kind; }
  // When it was let run again last. Absent: never, or it is paused.
  std::optional<MonotonicTime> resumed() const;
  size_t HeapBytes() const { return pauses_.capacity() * sizeof(Pause); }

 private:
  static constexpr size_t kMost = 4;

  // It began and ended between two moments each. Several that were laid
  // together are one.
  struct Pause {
    MonotonicTime began_lo;
    MonotonicTime began_hi;
    // It stood until then for certain; at least from began_hi on.
    MonotonicTime ended_lo;
    MonotonicTime ended_hi;  // not while open
    // What was laid together with it: since when, how many, how long.
    MonotonicTime first_began;
    Interval earlier;
    std::optional<absl::Duration> heard_earlier = absl::ZeroDuration();
    int count = 1;
    PauseKind kind = PauseKind::kPaused;
    bool open = true;
    bool begin_heard = false;
    bool end_heard = false;
    bool counted = false;

    Interval Lasted(MonotonicTime begin, MonotonicTime end) const;
    std::optional<absl::Duration> Heard() const;
  };
  void Add(MonotonicTime began_lo, MonotonicTime began_hi, PauseKind kind);
  void Close(MonotonicTime ended_hi);

  std::vector<Pause> pauses_;
  std::optional<MonotonicTime> resumed_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_PAUSE_LOG_H_
