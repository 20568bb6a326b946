#include "tests/support/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tests/support/signal_child.h"

namespace noonmark::testing {

ChildProcess::ChildProcess(std::vector<std::string> arguments, int stdout_to,
                           std::chrono::seconds patience)
    : name_(arguments.at(0)), patience_(patience) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  pid_ = fork();
  if (pid_ < 0) std::abort();
  if (pid_ == 0) {
    // It may not be one that may drop capabilities: then it has none either.
    for (const int right :
         {CAP_SYS_TIME, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH}) {
      prctl(PR_CAPBSET_DROP, right, 0, 0, 0);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(stdout_to < 0 ? ends[1] : stdout_to, STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(argv[0], argv.data());
    std::perror(argv[0]);
    _exit(127);
  }
  close(ends[1]);
  from_child_ = ends[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
  close(from_child_);
}

void ChildProcess::Signal(int signal) const { SignalChild(pid_, signal); }

// Waits for more. False: nothing more comes.
bool ChildProcess::Fill() {
  pollfd ready = {.fd = from_child_, .events = POLLIN, .revents = 0};
  const int patience = static_cast<int>(patience_.count());
  int count = poll(&ready, 1, patience);
  while (count < 0 && errno == EINTR) count = poll(&ready, 1, patience);
  if (count == 0) {
    ADD_FAILURE() << name_ << " neither wrote nor ended for "
                  << patience_.count() / 1000 << " s";
    Signal(SIGKILL);
  }
  char text[4096];
  const ssize_t size = read(from_child_, text, sizeof text);
  if (size <= 0) return false;
  output_.append(text, static_cast<size_t>(size));
  return true;
}

std::string ChildProcess::ReadLine() {
  while (true) {
    const size_t end = output_.find('\n');
    if (end != output_.npos) {
      std::string line = output_.substr(0, end);
      output_.erase(0, end + 1);
      return line;
    }
    if (!Fill()) return std::exchange(output_, "");
  }
}

std::string ChildProcess::ReadLineWith(const std::string& part) {
  while (true) {
    const std::string line = ReadLine();
    if (line.empty() || line.find(part) != line.npos) return line;
  }
}

std::string ChildProcess::ReadWritten() {
  pollfd ready = {.fd = from_child_, .events = POLLIN, .revents = 0};
  while (poll(&ready, 1, 0) > 0 && Fill()) {
  }
  return std::exchange(output_, "");
}

int ChildProcess::Wait() {
  while (Fill()) {
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) std::abort();
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Outcome RunProgram(std::vector<std::string> arguments,
                   std::chrono::seconds patience) {
  // A file: nobody has to read it meanwhile.
  const int out = memfd_create("stdout", MFD_CLOEXEC);
  if (out < 0) std::abort();
  Outcome outcome;
  {
    ChildProcess program(std::move(arguments), out, patience);
    outcome.exit_code = program.Wait();
    outcome.err = program.output();
  }
  char text[4096];
  lseek(out, 0, SEEK_SET);
  for (ssize_t size; (size = read(out, text, sizeof text)) > 0;) {
    outcome.out.append(text, static_cast<size_t>(size));
  }
  close(out);
  return outcome;
}

}  // namespace noonmark::testing
