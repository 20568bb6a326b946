#ifndef NOONMARK_TESTS_SUPPORT_TEMPORARY_DIRECTORY_H_
#define NOONMARK_TESTS_SUPPORT_TEMPORARY_DIRECTORY_H_

#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace noonmark::testing {

// A folder of the test's own with a short path, as unix sockets need it. Gone
// with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    // Where tests/check looks for what a test leaves behind.
    const char* parent = std::getenv("TMPDIR");
    std::string name = parent != nullptr && *parent != '\0' ? parent : "/tmp";
    name += "/noonmark-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      std::perror("mkdtemp");
      std::abort();
    }
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Of a file or folder in it.
  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  // Makes the folders on the way too. Returns the path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = Path(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

 private:
  std::string path_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_TEMPORARY_DIRECTORY_H_
