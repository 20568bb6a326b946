#include "common/runtime/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace noonmark {
namespace {

sigset_t TheSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

[[noreturn]] void DieOf(int signal) {
  sigset_t set = TheSignals();
  ::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal);
  std::abort();
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = TheSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  end_ = eventfd(0, EFD_CLOEXEC);
  // Out of descriptors before anything was opened: nothing can be served.
  if (signals_ < 0 || end_ < 0) std::abort();
}

StopSignals::~StopSignals() {
  StopWatching();
  close(signals_);
  close(end_);
}

void StopSignals::StopWatching() {
  if (!watcher_.joinable()) return;
  eventfd_write(end_, 1);
  watcher_.join();
}

void StopSignals::OnStop(std::function<void()> stop) {
  watcher_ = std::thread([this, stop = std::move(stop)] { Watch(stop); });
}

void StopSignals::Watch(const std::function<void()>& stop) const {
  bool stopping = false;
  while (true) {
    pollfd fds[] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                    {.fd = end_, .events = POLLIN, .revents = 0}};
    if (poll(fds, 2, -1) < 0) continue;  // EINTR
    if (fds[1].revents != 0) return;
    signalfd_siginfo info;
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (stopping) DieOf(static_cast<int>(info.ssi_signo));
    stopping = true;
    stop();
  }
}

}  // namespace noonmark
