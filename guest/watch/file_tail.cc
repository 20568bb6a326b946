#include "guest/watch/file_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

namespace noonmark {
namespace {

constexpr size_t kLongestLine = 2048;
// A look at a file that grows faster than that ends somewhere.
constexpr size_t kMostBytes = 4 << 20;

}  // namespace

FileTail::FileTail(std::string path) : path_(std::move(path)) {
  if (Open()) position_ = lseek(file_, 0, SEEK_END);
}

FileTail::~FileTail() { Close(); }

void FileTail::Read(const std::function<void(const LogEntry&)>& each) {
  if (file_ >= 0) ReadOn(each);
  struct stat there = {};
  if (stat(path_.c_str(), &there) != 0) return;
  if (file_ >= 0 && there.st_dev == device_ && there.st_ino == inode_) return;
  // Rotated, or there at last.
  Close();
  if (Open()) ReadOn(each);
}

bool FileTail::Open() {
  // Not if it is a pipe, which would never end.
  file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat there = {};
  if (file_ < 0) return false;
  if (fstat(file_, &there) != 0 || !S_ISREG(there.st_mode)) {
    Close();
    return false;
  }
  device_ = there.st_dev;
  inode_ = there.st_ino;
  position_ = 0;
  line_.clear();
  skipping_ = false;
  return true;
}

void FileTail::Close() {
  if (file_ >= 0) close(file_);
  file_ = -1;
}

void FileTail::ReadOn(const std::function<void(const LogEntry&)>& each) {
  struct stat there = {};
  if (fstat(file_, &there) == 0 && there.st_size < position_) {
    position_ = 0;  // cut
    line_.clear();
  }
  std::array<char, 16384> buffer;
  for (size_t taken = 0; taken < kMostBytes;) {
    const ssize_t size = pread(file_, buffer.data(), buffer.size(), position_);
    if (size <= 0) return;
    position_ += size;
    taken += static_cast<size_t>(size);
    line_.append(buffer.data(), static_cast<size_t>(size));
    TakeLines(each);
  }
}

void FileTail::TakeLines(const std::function<void(const LogEntry&)>& each) {
  size_t begin = 0;
  for (size_t end; (end = line_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    if (std::exchange(skipping_, false) || end - begin > kLongestLine) continue;
    const auto read =
        ReadSyslogLine(std::string_view(line_).substr(begin, end - begin));
    if (!read.has_value()) continue;
    LogEntry entry;
    entry.tag = std::string(read->tag);
    entry.message = std::string(read->message);
    each(entry);
  }
  line_.erase(0, begin);
  if (line_.size() > kLongestLine) {
    skipping_ = true;
    line_.clear();
  }
}

}  // namespace noonmark
