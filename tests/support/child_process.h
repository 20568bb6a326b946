#ifndef NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_
#define NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace noonmark::testing {

// A program that a test runs. It cannot set the clock (CAP_SYS_TIME is dropped
// for it), its input is empty, and it is killed with the object.
class ChildProcess {
 public:
  // arguments[0] is the program's path.
  explicit ChildProcess(std::vector<std::string> arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;

  // The next line of what it writes, stdout and stderr together; empty at the
  // end. Waits for it.
  std::string ReadLine();
  // Reads lines until one has `part`, and returns it; empty: there was none.
  std::string ReadLineWith(const std::string& part);

  // Waits for its end: its exit code, or minus the signal that killed it.
  // What it wrote since is in output().
  int Wait();
  const std::string& output() const { return output_; }

 private:
  bool Fill();

  pid_t pid_ = -1;
  int from_child_ = -1;
  std::string output_;  // not read yet
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_
