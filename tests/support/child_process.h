#ifndef NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_
#define NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace noonmark::testing {

// A program that a test runs. It can neither set the clock nor, as root, pass
// over the rights of files (the capabilities are dropped for it), its input is
// empty, and it is killed with the object.
//
// What waits for it waits for a word of it or its end, for `patience` at most,
// and then fails the test.
class ChildProcess {
 public:
  // A machine that shares its processors can be several times slower at times.
  static constexpr std::chrono::minutes kPatience{4};
  // arguments[0] is the program's path. `stdout_to`: a descriptor for what it
  // writes to stdout; without, that comes with stderr.
  explicit ChildProcess(std::vector<std::string> arguments, int stdout_to = -1,
                        std::chrono::seconds patience = kPatience);
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
  // All that it has written by now and that was not read.
  std::string ReadWritten();

  // Waits for its end: its exit code, or minus the signal that killed it.
  // What it wrote since is in output().
  int Wait();
  const std::string& output() const { return output_; }

 private:
  bool Fill();

  const std::string name_;
  const std::chrono::milliseconds patience_;
  pid_t pid_ = -1;
  int from_child_ = -1;
  std::string output_;  // not read yet
};

// How a program ended, as in ChildProcess::Wait(), and all that it wrote.
struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};
Outcome RunProgram(std::vector<std::string> arguments,
                   std::chrono::seconds patience = ChildProcess::kPatience);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_CHILD_PROCESS_H_
