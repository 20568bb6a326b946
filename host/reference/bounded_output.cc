#include "host/reference/bounded_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/spawn.h"

namespace noonmark {
namespace {

// Readable, or why it was not waited for any longer.
absl::Status WaitFor(int descriptor, MonotonicTime end, Clock& clock,
                     int stop) {
  while (true) {
    const absl::Duration left = end - clock.Now();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError("it takes too long");
    }
    pollfd ready[] = {{.fd = descriptor, .events = POLLIN, .revents = 0},
                      {.fd = stop, .events = POLLIN, .revents = 0}};
    const int64_t milliseconds =
        absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
    if (poll(ready, 2,
             static_cast<int>(std::min<int64_t>(milliseconds, 1000))) <= 0) {
      continue;  // a signal, or the clock decides
    }
    if (ready[1].revents != 0) return absl::CancelledError("stopped");
    if (ready[0].revents != 0) return absl::OkStatus();
  }
}

// All that it writes, until its end.
absl::Status ReadUntilEnd(pid_t pid, int output, const ProgramLimits& limits,
                          Clock& clock, int stop, std::string& text) {
  const MonotonicTime end = clock.Now() + limits.time;
  while (true) {
    absl::Status ready = WaitFor(output, end, clock, stop);
    if (!ready.ok()) return ready;
    char buffer[1024];
    const ssize_t got = read(output, buffer, sizeof buffer);
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      return absl::UnavailableError("what it writes cannot be read");
    }
    if (text.size() + static_cast<size_t>(got) > limits.bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("it writes more than ", limits.bytes, " bytes"));
    }
    text.append(buffer, static_cast<size_t>(got));
  }
  // It may have closed its output and live on.
  // By its number: glibc 2.36 declares pidfd_open() for C alone.
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return absl::UnavailableError("it cannot be waited for");
  const absl::Cleanup close_process = [process] { close(process); };
  return WaitFor(process, end, clock, stop);
}

// What it started may outlive it. The group's number is not another's before we
// have waited; 1 and less would be everybody.
void KillGroup(pid_t group) {
  if (group > 1) kill(-group, SIGKILL);
}

}  // namespace

absl::StatusOr<ProgramOutput> RunForOutput(
    const std::vector<std::string>& arguments, const ProgramLimits& limits,
    Clock& clock, int stop) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(
        absl::StrCat("pipe: ", std::generic_category().message(errno)));
  }
  const absl::Cleanup close_read = [&] { close(ends[0]); };
  // In a group of its own, so that all of it can be killed.
  const absl::StatusOr<pid_t> pid =
      Spawn({arguments, {kNullFile, ends[1], kNullFile}, {"LC_ALL=C"}});
  close(ends[1]);
  if (!pid.ok()) return pid.status();

  ProgramOutput output;
  const absl::Status read =
      ReadUntilEnd(*pid, ends[0], limits, clock, stop, output.text);
  KillGroup(*pid);
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!read.ok()) {
    return absl::Status(read.code(), absl::StrCat(arguments[0], ": ",
                                                  std::string(read.message())));
  }
  if (!WIFEXITED(status)) {
    return absl::UnavailableError(
        absl::StrCat(arguments[0], ": ended by a signal"));
  }
  output.exit_code = WEXITSTATUS(status);
  return output;
}

}  // namespace noonmark
