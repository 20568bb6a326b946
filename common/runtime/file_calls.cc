#include "common/runtime/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

namespace noonmark {
namespace {

class SystemFileCalls : public FileCalls {
 public:
  int Open(const std::string& path, int flags, mode_t mode) override {
    return open(path.c_str(), flags, mode);
  }
  int Close(int file) override { return close(file); }
  ssize_t Read(int file, void* data, size_t size, off_t at) override {
    return pread(file, data, size, at);
  }
  ssize_t Write(int file, const void* data, size_t size, off_t at) override {
    return pwrite(file, data, size, at);
  }
  int SyncData(int file) override { return fdatasync(file); }
  int Sync(int file) override { return fsync(file); }
};

}  // namespace

FileCalls& FileCalls::System() {
  static SystemFileCalls calls;
  return calls;
}

}  // namespace noonmark
