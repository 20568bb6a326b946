#ifndef NOONMARK_GUEST_WATCH_LOG_TAIL_H_
#define NOONMARK_GUEST_WATCH_LOG_TAIL_H_

#include <functional>
#include <string>

#include "common/estimate/time_jump_line.h"

namespace noonmark {

// One entry of a log.
struct LogEntry {
  // Where it is from: as journald attests it, or by nothing but its own word.
  bool attested = false;
  JournalSource source;  // if attested
  std::string tag;       // else
  std::string message;
};

// The seam to logs that grow. Of one thread.
class LogTail {
 public:
  virtual ~LogTail() = default;

  // Becomes readable when there may be more; -1: nobody says so, it is to be
  // looked at from time to time.
  virtual int descriptor() const = 0;
  // Those since the last call, or since it was opened; never waits.
  virtual void Read(const std::function<void(const LogEntry&)>& each) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_WATCH_LOG_TAIL_H_
