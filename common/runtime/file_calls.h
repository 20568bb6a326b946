#ifndef NOONMARK_COMMON_RUNTIME_FILE_CALLS_H_
#define NOONMARK_COMMON_RUNTIME_FILE_CALLS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace noonmark {

// The seam to the calls that a journal is kept by: what a full disk, a bad one
// and a death in the middle can do to them is tried out in tests. Each returns
// as the call of its name does, with errno.
class FileCalls {
 public:
  virtual ~FileCalls() = default;

  virtual int Open(const std::string& path, int flags, mode_t mode) = 0;
  virtual int Close(int file) = 0;
  virtual ssize_t Read(int file, void* data, size_t size, off_t at) = 0;
  virtual ssize_t Write(int file, const void* data, size_t size, off_t at) = 0;
  virtual int SyncData(int file) = 0;  // fdatasync
  virtual int Sync(int file) = 0;      // fsync

  // The system's. Stateless.
  static FileCalls& System();
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_FILE_CALLS_H_
