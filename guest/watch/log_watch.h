#ifndef NOONMARK_GUEST_WATCH_LOG_WATCH_H_
#define NOONMARK_GUEST_WATCH_LOG_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/correct/service_profile.h"
#include "common/correct/watchman.h"
#include "common/estimate/jump_report.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "guest/watch/log_tail.h"

namespace noonmark {

// The services that the watchman has to do with, of all profiles.
std::vector<Watchman::Service> WatchedServices(
    const std::vector<ServiceProfile>& profiles);

// What the watch needs of the rest of the agent. Each is called on the thread
// of the watch, unless it says otherwise.
struct LogWatchSeams {
  // How often the kernel said since the start that REALTIME was set, and how
  // often the hunter caught a wrong reading.
  std::function<uint64_t()> sets;
  std::function<uint64_t()> glitches;
  // Readable from when the kernel says so until `sets` is asked; -1: there is
  // no such descriptor.
  int set_descriptor = -1;
  // Asks that a profile's services be reloaded. `answer` is called once, on any
  // thread. OK: it was begun.
  std::function<void(const std::string& profile,
                     std::function<void(absl::Status)> answer)>
      reload;
  // Whether a login gets through; blocks for at most `limit`. Null: there is no
  // account to try.
  std::function<absl::Status(absl::Duration limit)> log_in;
  // What a log says of a jump, believed or not.
  std::function<void(const ToldJump& told)> told;
  // A line for people, into the log of mail.
  std::function<void(const std::string& line)> tell;
};

// Reads logs, compares the clock with itself, and has services reloaded that a
// time jump left behind (Watchman decides). One look after another: Look()
// never waits for longer than a login may take.
//
// What no journal attests is counted and told, and never moves anything.
class LogWatch {
 public:
  // The longest that one try of a login takes.
  static constexpr absl::Duration kLoginLimit = absl::Seconds(2);
  // After that nobody waits for the login any more that shows how it went.
  static constexpr absl::Duration kPatience = absl::Minutes(3);

  LogWatch(Clock* clock, const std::vector<ServiceProfile>& profiles,
           std::vector<std::unique_ptr<LogTail>> tails, LogWatchSeams seams);
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;

  // Takes in what came, and does what there is to do.
  void Look();
  // When the next look is due though no descriptor is readable.
  absl::Duration NextLookIn() const;
  // Those of the logs and of the kernel's word.
  std::vector<int> Descriptors() const;

 private:
  // A reload that was answered.
  struct Answer {
    std::string profile;
    absl::Status status;
  };
  // Where reloads are answered, on any thread; it stays for those that are
  // answered too late.
  struct Answers {
    Mutex mutex;
    std::vector<Answer> come ABSL_GUARDED_BY(mutex);
  };
  // A service that was reloaded, until a login shows that it helped.
  struct Cure {
    std::string profile;
    MonotonicTime since;
  };

  void LookAtClock(MonotonicTime now);
  void OnEntry(const LogEntry& entry, MonotonicTime now);
  void Follow(const std::vector<Watchman::Reload>& reloads);
  void TakeAnswers(MonotonicTime now);
  // Where a login would say more, tries one.
  void TryToLogIn();

  Clock* const clock_;
  Watchman watchman_;
  const std::vector<std::unique_ptr<LogTail>> tails_;
  const LogWatchSeams seams_;

  // As of the last look.
  absl::Duration real_minus_boot_;
  uint64_t sets_ = 0;
  uint64_t glitches_ = 0;

  int reloads_asked_ = 0;                 // and not answered
  std::set<std::string> login_profiles_;  // a login shows that they serve
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
  std::vector<Cure> cures_;
};

// Looks whenever a log grows, when the kernel says that the clock was set, and
// when a look is due, in a thread of its own.
class LogWatchThread {
 public:
  // `watch` must outlive it, and is its own meanwhile.
  explicit LogWatchThread(LogWatch* watch);
  // Ends it; waits for at most as long as a login may take.
  ~LogWatchThread();
  LogWatchThread(const LogWatchThread&) = delete;
  LogWatchThread& operator=(const LogWatchThread&) = delete;

 private:
  void Run();

  LogWatch* const watch_;
  const int quit_;  // an eventfd
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_WATCH_LOG_WATCH_H_
