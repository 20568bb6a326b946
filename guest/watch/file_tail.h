#ifndef NOONMARK_GUEST_WATCH_FILE_TAIL_H_
#define NOONMARK_GUEST_WATCH_FILE_TAIL_H_

#include <sys/types.h>

#include <string>

#include "guest/watch/log_tail.h"

namespace noonmark {

// A file that syslogd writes, from now on; one that is not there yet, from its
// beginning. It may be rotated or cut meanwhile. Reading it needs, on Debian,
// the group adm.
class FileTail final : public LogTail {
 public:
  explicit FileTail(std::string path);
  ~FileTail() override;
  FileTail(const FileTail&) = delete;
  FileTail& operator=(const FileTail&) = delete;

  int descriptor() const override { return -1; }
  void Read(const std::function<void(const LogEntry&)>& each) override;

 private:
  bool Open();
  void Close();
  // What was added to the open file.
  void ReadOn(const std::function<void(const LogEntry&)>& each);
  void TakeLines(const std::function<void(const LogEntry&)>& each);

  const std::string path_;
  int file_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t position_ = 0;
  std::string line_;       // its beginning
  bool skipping_ = false;  // the rest of a line that is too long
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_WATCH_FILE_TAIL_H_
